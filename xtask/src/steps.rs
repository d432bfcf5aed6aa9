//! Steps with names and durations, and the lines at the end.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// The steps taken so far.
#[derive(Default)]
pub struct Steps {
    taken: Vec<(String, Duration, Option<String>)>,
}

impl Steps {
    /// Takes one step. A step that fails does not keep the next ones from being taken.
    pub fn take(&mut self, name: &str, step: impl FnOnce() -> Result<()>) -> bool {
        println!("\n== {name}");
        let start = Instant::now();
        let failure = step().err().map(|error| format!("{error:#}"));
        let duration = start.elapsed();
        if let Some(failure) = &failure {
            println!("{failure}");
        }
        println!("== {name}: {} in {}", word(failure.as_ref()), seconds(duration));
        let passed = failure.is_none();
        self.taken.push((name.to_owned(), duration, failure));
        passed
    }

    /// One line for each step; an error if one failed.
    pub fn end(&self) -> Result<()> {
        println!();
        for (name, duration, failure) in &self.taken {
            println!("{:<6} {:>7}  {name}", word(failure.as_ref()), seconds(*duration));
        }
        let total = self.taken.iter().map(|(_, duration, _)| *duration).sum();
        let failed = self.taken.iter().filter(|(.., failure)| failure.is_some()).count();
        println!("{:<6} {:>7}  in all", "", seconds(total));
        match failed {
            0 => Ok(()),
            1 => bail!("one step failed"),
            many => bail!("{many} steps failed"),
        }
    }
}

fn word(failure: Option<&String>) -> &'static str {
    if failure.is_some() { "FAILED" } else { "ok" }
}

/// A duration as `12.3 s`.
pub fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_kept_and_the_next_step_taken() {
        let mut steps = Steps::default();
        assert!(!steps.take("one", || bail!("no")));
        assert!(steps.take("two", || Ok(())));
        assert_eq!(steps.end().unwrap_err().to_string(), "one step failed");
    }
}
