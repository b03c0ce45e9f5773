//! CPU time and memory of this process, as the kernel counts them.

use std::error::Error;
use std::time::{Duration, Instant};

/// How long one measurement goes on at least, to even out noise.
const AT_LEAST: Duration = Duration::from_millis(1500);

/// CPU milliseconds of one `step`, the mean of as many runs as fit.
pub(crate) fn mean_ms<R>(mut step: impl FnMut() -> R) -> Result<f64, Box<dyn Error>> {
    let started = Instant::now();
    let before = cpu_ns()?;
    let mut runs = 0_u32;
    while runs == 0 || started.elapsed() < AT_LEAST {
        drop(std::hint::black_box(step()));
        runs += 1;
    }
    Ok((cpu_ns()? - before) / 1e6 / f64::from(runs))
}

/// Nanoseconds that this thread has run.
fn cpu_ns() -> Result<f64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(text.split(' ').next().unwrap_or_default().parse()?)
}

/// A line of `/proc/self/status` in bytes: `VmHWM` is the peak of resident memory, `VmRSS` its present size.
pub(crate) fn memory(line: &str) -> Result<f64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let found = text
        .lines()
        .find_map(|candidate| candidate.strip_prefix(line)?.strip_prefix(':'))
        .ok_or("the kernel does not say")?;
    let kilobytes: f64 = found.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024.0)
}
