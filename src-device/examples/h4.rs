#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]
use jpeg_encoder::*;
use std::time::Instant;
fn luma(p: &[u8]) -> Vec<f32> {
    p.chunks(3).map(|c| 0.299 * c[0] as f32 + 0.587 * c[1] as f32 + 0.114 * c[2] as f32).collect()
}
fn chroma(p: &[u8]) -> Vec<f32> {
    p.chunks(3)
        .flat_map(|c| {
            let y = 0.299 * c[0] as f32 + 0.587 * c[1] as f32 + 0.114 * c[2] as f32;
            [(c[0] as f32 - y) * 0.713, (c[2] as f32 - y) * 0.564]
        })
        .collect()
}
fn psnr(a: &[f32], b: &[f32]) -> f64 {
    let m: f64 =
        a.iter().zip(b).map(|(a, b)| ((a - b) as f64).powi(2)).sum::<f64>() / a.len() as f64;
    10.0 * (255.0f64 * 255.0 / m).log10()
}
fn ssim(a: &[f32], b: &[f32], w: usize, h: usize) -> (f64, f64) {
    let mut all = vec![];
    for y in (0..h - 8).step_by(4) {
        for x in (0..w - 8).step_by(4) {
            let (mut sa, mut sb, mut saa, mut sbb, mut sab) = (0f64, 0f64, 0f64, 0f64, 0f64);
            for j in 0..8 {
                for i in 0..8 {
                    let p = (y + j) * w + x + i;
                    let (u, v) = (a[p] as f64, b[p] as f64);
                    sa += u;
                    sb += v;
                    saa += u * u;
                    sbb += v * v;
                    sab += u * v;
                }
            }
            let n = 64.0;
            let (ma, mb) = (sa / n, sb / n);
            let (va, vb, c) = (saa / n - ma * ma, sbb / n - mb * mb, sab / n - ma * mb);
            all.push(
                (2.0 * ma * mb + 6.5025) * (2.0 * c + 58.5225)
                    / ((ma * ma + mb * mb + 6.5025) * (va + vb + 58.5225)),
            );
        }
    }
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    all.sort_by(f64::total_cmp);
    (mean, all[all.len() / 100])
}
fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args[1] == "prepare" {
        let b = std::fs::read(&args[2]).unwrap();
        for _ in 0..args.get(3).map_or(1, |n| n.parse().unwrap()) {
            let t = Instant::now();
            let r = mend_device::photo::prepare(&b);
            println!(
                "{:?} {:?}",
                t.elapsed(),
                r.map(|p| (p.width, p.height, p.jpeg.len(), p.thumb.len()))
            );
        }
        let s = std::fs::read_to_string("/proc/self/status").unwrap();
        println!("{}", s.lines().find(|l| l.starts_with("VmHWM")).unwrap());
        return;
    }
    if args[1] == "tile" {
        let i = image::open(&args[2]).unwrap().into_rgb8();
        let (w, h) = i.dimensions();
        let (tw, th) = (args[4].parse::<u32>().unwrap(), args[5].parse::<u32>().unwrap());
        let q = args[6].parse().unwrap();
        let t = image::RgbImage::from_fn(tw, th, |x, y| {
            let (a, b) = (x % (2 * w), y % (2 * h));
            *i.get_pixel(
                if a < w { a } else { 2 * w - 1 - a },
                if b < h { b } else { 2 * h - 1 - b },
            )
        });
        let mut o = vec![];
        let mut e = Encoder::new(&mut o, q);
        e.set_sampling_factor(if args.get(7).is_some_and(|s| s.contains("444")) {
            SamplingFactor::F_1_1
        } else {
            SamplingFactor::F_2_2
        });
        if args.get(7).is_some_and(|s| s.contains("prog")) {
            e.set_progressive(true);
        }
        e.encode(t.as_raw(), tw as u16, th as u16, ColorType::Rgb).unwrap();
        std::fs::write(&args[3], o).unwrap();
        if args.get(7).is_some_and(|s| s == "png") {
            t.save(format!("{}.png", args[3])).unwrap();
            image::DynamicImage::from(t)
                .into_rgba8()
                .save(format!("{}.rgba.png", args[3]))
                .unwrap();
        }
        return;
    }
    // quality: lossless png of the shrunk
    let i = image::open(&args[2]).unwrap().into_rgb8();
    let (w, h) = i.dimensions();
    let (l, c) = (luma(&i), chroma(&i));
    for (name, s, m) in [
        ("420", SamplingFactor::F_2_2, false),
        ("420av", SamplingFactor::F_2_2, true),
        ("444", SamplingFactor::F_1_1, false),
    ] {
        for q in [75, 80, 82, 85, 88, 90, 92] {
            for opt in [false, true] {
                if opt && q != 82 && q != 85 && q != 88 {
                    continue;
                }
                let mut o = vec![];
                let t = Instant::now();
                let mut e = Encoder::new(&mut o, q);
                e.set_sampling_factor(s);
                e.set_optimized_huffman_tables(opt);
                if m {
                    e.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
                }
                e.encode(&i, w as u16, h as u16, ColorType::Rgb).unwrap();
                let t = t.elapsed();
                let d = image::load_from_memory(&o).unwrap().into_rgb8();
                let (sm, s1) = ssim(&l, &luma(&d), w as usize, h as usize);
                println!(
                    "{name} q{q} opt {opt}: {} KB {:?} psnr Y {:.2} C {:.2} ssim {sm:.4} worst1% {s1:.3}",
                    o.len() / 1000,
                    t,
                    psnr(&l, &luma(&d)),
                    psnr(&c, &chroma(&d))
                );
                if !opt {
                    std::fs::write(format!("{}-{name}-{q}.jpg", args[3]), &o).unwrap();
                }
            }
        }
    }
}
