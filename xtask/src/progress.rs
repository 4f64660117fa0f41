//! Named steps with elapsed time, and a sign of life from those that take long.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const SIGN_OF_LIFE_EVERY: Duration = Duration::from_secs(20);

/// A step under way. Dropping it stops its signs of life.
pub struct Step {
    name: String,
    started: Instant,
    stop: Option<Sender<()>>,
    watcher: Option<JoinHandle<()>>,
}

impl Step {
    /// Says that `name` starts. While it lasts, its log's last line is shown now and then.
    pub fn start(name: &str, log: PathBuf) -> Self {
        eprintln!("  …   {name}");
        let started = Instant::now();
        let (stop, stopped) = mpsc::channel();
        let label = name.to_owned();
        let watcher = std::thread::spawn(move || {
            while stopped.recv_timeout(SIGN_OF_LIFE_EVERY) == Err(RecvTimeoutError::Timeout) {
                eprintln!(
                    "      {label}: {} so far{}",
                    words(started.elapsed()),
                    last_line(&log)
                );
            }
        });
        Self {
            name: name.to_owned(),
            started,
            stop: Some(stop),
            watcher: Some(watcher),
        }
    }

    /// Says how it ended, with a short remark that may be empty.
    pub fn end(self, good: bool, remark: &str) {
        let mark = if good { "ok  " } else { "FAIL" };
        let comma = if remark.is_empty() { "" } else { ", " };
        let took = words(self.started.elapsed());
        eprintln!("  {mark} {}: {took}{comma}{remark}", self.name);
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(watcher) = self.watcher.take() {
            // A watcher that panicked has nothing to tell.
            let _ = watcher.join();
        }
    }
}

/// A duration as a person says it: `0.4 s`, `12 s`, `3 min 05 s`.
pub fn words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{}.{} s", seconds, duration.subsec_millis() / 100),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

fn last_line(log: &Path) -> String {
    const WIDTH_MAX: usize = 70;
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    match text.lines().rev().find(|line| !line.trim().is_empty()) {
        Some(line) => format!(
            " · {}",
            line.trim().chars().take(WIDTH_MAX).collect::<String>()
        ),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_a_person_says_them() {
        assert_eq!(words(Duration::from_millis(440)), "0.4 s");
        assert_eq!(words(Duration::from_secs(12)), "12 s");
        assert_eq!(words(Duration::from_secs(185)), "3 min 05 s");
    }
}
