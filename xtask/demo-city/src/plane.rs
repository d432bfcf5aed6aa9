//! The drawing board: points in metres, lines, curves, distances.
//!
//! The origin is Port Alder's middle, see [`crate::frame`]; x points east, y north. All functions
//! use only operations that IEEE 754 rounds the same everywhere, and `libm` for the rest.

/// A point or a vector on the board, in metres.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Pt {
    /// East.
    pub x: f64,
    /// North.
    pub y: f64,
}

/// A point from its two numbers.
#[must_use]
pub const fn pt(x: f64, y: f64) -> Pt {
    Pt { x, y }
}

impl std::ops::Add for Pt {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        pt(self.x + o.x, self.y + o.y)
    }
}

impl std::ops::Sub for Pt {
    type Output = Self;
    fn sub(self, o: Self) -> Self {
        pt(self.x - o.x, self.y - o.y)
    }
}

impl std::ops::Mul<f64> for Pt {
    type Output = Self;
    fn mul(self, k: f64) -> Self {
        pt(self.x * k, self.y * k)
    }
}

impl Pt {
    /// Length of the vector.
    #[must_use]
    pub fn len(self) -> f64 {
        (self.x * self.x + self.y * self.y).sqrt()
    }

    /// Distance between two points.
    #[must_use]
    pub fn to(self, o: Self) -> f64 {
        (self - o).len()
    }

    /// The same direction with length one; the zero vector stays.
    #[must_use]
    pub fn unit(self) -> Self {
        let len = self.len();
        if len > 0.0 { self * (1.0 / len) } else { self }
    }

    /// Turned a quarter to the left.
    #[must_use]
    pub const fn left(self) -> Self {
        pt(-self.y, self.x)
    }

    /// Turned by an angle, degrees, counter-clockwise.
    #[must_use]
    pub fn turn(self, degrees: f64) -> Self {
        let (s, c) = libm::sincos(degrees.to_radians());
        pt(self.x * c - self.y * s, self.x * s + self.y * c)
    }

    /// Scalar product.
    #[must_use]
    pub fn dot(self, o: Self) -> f64 {
        self.x * o.x + self.y * o.y
    }

    /// Cross product: positive when `o` lies to the left.
    #[must_use]
    pub fn cross(self, o: Self) -> f64 {
        self.x * o.y - self.y * o.x
    }

    /// Direction of the vector in radians, east is zero, counter-clockwise.
    #[must_use]
    pub fn angle(self) -> f64 {
        libm::atan2(self.y, self.x)
    }
}

/// The point at fraction `t` from `a` to `b`.
#[must_use]
pub fn mix(a: Pt, b: Pt, t: f64) -> Pt {
    a + (b - a) * t
}

/// Nearest point of segment `ab` to `p`, with its fraction.
#[must_use]
pub fn nearest_on(a: Pt, b: Pt, p: Pt) -> (Pt, f64) {
    let d = b - a;
    let len2 = d.dot(d);
    let t = if len2 > 0.0 { ((p - a).dot(d) / len2).clamp(0.0, 1.0) } else { 0.0 };
    (mix(a, b, t), t)
}

/// Where segments `ab` and `cd` cross: fractions along each.
#[must_use]
pub fn crossing(a: Pt, b: Pt, c: Pt, d: Pt) -> Option<(f64, f64)> {
    if a.x.max(b.x) < c.x.min(d.x)
        || c.x.max(d.x) < a.x.min(b.x)
        || a.y.max(b.y) < c.y.min(d.y)
        || c.y.max(d.y) < a.y.min(b.y)
    {
        return None;
    }
    let (r, s) = (b - a, d - c);
    let den = r.cross(s);
    if den.abs() < 1e-12 {
        return None;
    }
    let t = (c - a).cross(s) / den;
    let u = (c - a).cross(r) / den;
    ((0.0..=1.0).contains(&t) && (0.0..=1.0).contains(&u)).then_some((t, u))
}

/// Length of a line.
#[must_use]
pub fn length(line: &[Pt]) -> f64 {
    line.windows(2).map(|w| w[0].to(w[1])).sum()
}

/// The point at distance `s` along a line, with the direction there. Clamped to the line.
#[must_use]
pub fn along(line: &[Pt], s: f64) -> (Pt, Pt) {
    let mut rest = s.max(0.0);
    for w in line.windows(2) {
        let len = w[0].to(w[1]);
        if rest <= len && len > 0.0 {
            return (mix(w[0], w[1], rest / len), (w[1] - w[0]).unit());
        }
        rest -= len;
    }
    let n = line.len();
    if n < 2 {
        return (line.first().copied().unwrap_or_default(), pt(1.0, 0.0));
    }
    (line[n - 1], (line[n - 1] - line[n - 2]).unit())
}

/// The part of a line between two distances along it.
#[must_use]
pub fn part(line: &[Pt], from: f64, to: f64) -> Vec<Pt> {
    let mut out = vec![along(line, from).0];
    let mut s = 0.0;
    for w in line.windows(2) {
        s += w[0].to(w[1]);
        if s > from + 1e-6 && s < to - 1e-6 {
            out.push(w[1]);
        }
    }
    out.push(along(line, to).0);
    out
}

/// Points along a line with equal steps of about `step`, both ends kept.
#[must_use]
pub fn resample(line: &[Pt], step: f64) -> Vec<Pt> {
    let total = length(line);
    let n = (total / step).ceil().max(1.0);
    (0..=n as usize).map(|i| along(line, total * i as f64 / n).0).collect()
}

/// Distance from a point to a line.
#[must_use]
pub fn distance(line: &[Pt], p: Pt) -> f64 {
    line.windows(2).map(|w| nearest_on(w[0], w[1], p).0.to(p)).fold(f64::INFINITY, f64::min)
}

/// How far along a line its nearest point to `p` is.
#[must_use]
pub fn project(line: &[Pt], p: Pt) -> f64 {
    let (mut best, mut at, mut s) = (f64::INFINITY, 0.0, 0.0);
    for w in line.windows(2) {
        let (q, t) = nearest_on(w[0], w[1], p);
        let len = w[0].to(w[1]);
        if q.to(p) < best {
            best = q.to(p);
            at = s + t * len;
        }
        s += len;
    }
    at
}

/// Is the point inside the ring? The ring closes by itself; its border belongs to either side.
#[must_use]
pub fn inside(ring: &[Pt], p: Pt) -> bool {
    let mut odd = false;
    let mut j = ring.len().wrapping_sub(1);
    for i in 0..ring.len() {
        let (a, b) = (ring[i], ring[j]);
        if (a.y > p.y) != (b.y > p.y) && p.x < (b.x - a.x) * (p.y - a.y) / (b.y - a.y) + a.x {
            odd = !odd;
        }
        j = i;
    }
    odd
}

/// Area of a ring in square metres, positive when it runs counter-clockwise.
#[must_use]
pub fn area(ring: &[Pt]) -> f64 {
    let mut sum = 0.0;
    for i in 0..ring.len() {
        sum += ring[i].cross(ring[(i + 1) % ring.len()]);
    }
    sum / 2.0
}

/// Centre of gravity of a ring.
#[must_use]
pub fn centroid(ring: &[Pt]) -> Pt {
    let a = area(ring);
    let origin = ring.first().copied().unwrap_or_default();
    let mut c = pt(0.0, 0.0);
    for i in 0..ring.len() {
        let (p, q) = (ring[i] - origin, ring[(i + 1) % ring.len()] - origin);
        c = c + (p + q) * p.cross(q);
    }
    if a.abs() < 1e-9 { origin } else { origin + c * (1.0 / (6.0 * a)) }
}

/// A smooth curve through points (centripetal Catmull-Rom), in steps of about `step` metres.
#[must_use]
pub fn curve(through: &[Pt], step: f64) -> Vec<Pt> {
    let n = through.len();
    if n < 3 {
        return resample(through, step);
    }
    let mut out = vec![through[0]];
    for i in 0..n - 1 {
        let (p1, p2) = (through[i], through[i + 1]);
        let p0 = if i > 0 { through[i - 1] } else { p1 + (p1 - p2) };
        let p3 = if i + 2 < n { through[i + 2] } else { p2 + (p2 - p1) };
        let t1 = p0.to(p1).sqrt();
        let t2 = t1 + p1.to(p2).sqrt();
        let t3 = t2 + p2.to(p3).sqrt();
        let steps = (p1.to(p2) / step).ceil().max(1.0) as usize;
        for k in 1..=steps {
            let t = t1 + (t2 - t1) * k as f64 / steps as f64;
            let a1 = mix(p0, p1, t / t1);
            let a2 = mix(p1, p2, (t - t1) / (t2 - t1));
            let a3 = mix(p2, p3, (t - t2) / (t3 - t2));
            let b1 = mix(a1, a2, t / t2);
            let b2 = mix(a2, a3, (t - t1) / (t3 - t1));
            out.push(mix(b1, b2, (t - t1) / (t2 - t1)));
        }
    }
    out
}

/// Leaves out points that lie within `tolerance` of the line without them (Douglas-Peucker).
#[must_use]
pub fn simplify(line: &[Pt], tolerance: f64) -> Vec<Pt> {
    fn walk(line: &[Pt], from: usize, to: usize, tolerance: f64, keep: &mut [bool]) {
        let (mut far, mut at) = (tolerance, None);
        for i in from + 1..to {
            let d = nearest_on(line[from], line[to], line[i]).0.to(line[i]);
            if d > far {
                (far, at) = (d, Some(i));
            }
        }
        if let Some(i) = at {
            keep[i] = true;
            walk(line, from, i, tolerance, keep);
            walk(line, i, to, tolerance, keep);
        }
    }
    if line.len() < 3 {
        return line.to_vec();
    }
    let mut keep = vec![false; line.len()];
    keep[0] = true;
    keep[line.len() - 1] = true;
    walk(line, 0, line.len() - 1, tolerance, &mut keep);
    line.iter().zip(keep).filter_map(|(p, k)| k.then_some(*p)).collect()
}

/// A line moved sideways, `by` metres to its left. Corners are mitred.
#[must_use]
pub fn offset(line: &[Pt], by: f64) -> Vec<Pt> {
    let n = line.len();
    (0..n)
        .map(|i| {
            let before = if i > 0 { (line[i] - line[i - 1]).unit() } else { pt(0.0, 0.0) };
            let after = if i + 1 < n { (line[i + 1] - line[i]).unit() } else { pt(0.0, 0.0) };
            let dir = (before + after).unit();
            let straight = if i > 0 && i + 1 < n { dir.dot(after).max(0.5) } else { 1.0 };
            line[i] + dir.left() * (by / straight)
        })
        .collect()
}

/// A box around points, corners south-west and north-east.
#[must_use]
pub fn bounds(points: &[Pt]) -> (Pt, Pt) {
    let mut lo = pt(f64::INFINITY, f64::INFINITY);
    let mut hi = pt(f64::NEG_INFINITY, f64::NEG_INFINITY);
    for p in points {
        lo = pt(lo.x.min(p.x), lo.y.min(p.y));
        hi = pt(hi.x.max(p.x), hi.y.max(p.y));
    }
    (lo, hi)
}
