//! How far a build is: the progress bar, and the time that each phase took.

use crate::message::Messages;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use wasmc_compiler::Progress;

/// A build shorter than this shows no bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// The phases of a build, from the first to now.
pub struct Phases {
    begun: Instant,
    messages: Messages,
    /// Name, beginning and number of steps of each phase so far.
    list: Mutex<Vec<(&'static str, Instant, usize)>>,
    bar: Option<ProgressBar>,
    bar_shown: AtomicBool,
}

impl Phases {
    /// Starts the clock.
    pub fn new(messages: Messages) -> Phases {
        let bar = (!messages.quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
            match ProgressStyle::with_template("{msg:>12} [{bar:40}] {pos}/{len} {eta}") {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        });
        Phases { begun: Instant::now(), messages, list: Mutex::default(), bar, bar_shown: AtomicBool::new(false) }
    }

    /// Where to say what else there is to say.
    pub fn messages(&self) -> Messages {
        self.messages
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// One line a phase, and one for the whole, up to now.
    pub fn times(&self) -> String {
        let now = Instant::now();
        let list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        let ends = list.iter().skip(1).map(|&(_, begun, _)| begun).chain([now]);
        let line = |name: &str, time: Duration, steps: usize| {
            let steps = if steps > 0 { format!("  ({steps})") } else { String::new() };
            format!("{name:>12} {:>10.1} ms{steps}\n", time.as_secs_f64() * 1e3)
        };
        let mut lines: String =
            list.iter().zip(ends).map(|(&(name, begun, total), end)| line(name, end - begun, total)).collect();
        lines += &line("total", now - self.begun, 0);
        lines.truncate(lines.trim_end().len());
        lines
    }

    fn show_bar_when_late(&self, bar: &ProgressBar) {
        if !self.bar_shown.load(Ordering::Relaxed)
            && self.begun.elapsed() > PATIENCE
            && !self.bar_shown.swap(true, Ordering::Relaxed)
        {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

impl Progress for Phases {
    fn phase(&self, name: &'static str, total: usize) {
        self.list.lock().unwrap_or_else(PoisonError::into_inner).push((name, Instant::now(), total));
        if let Some(bar) = &self.bar {
            bar.set_message(name);
            bar.set_position(0);
            bar.set_length(total as u64);
            bar.reset_eta();
            self.show_bar_when_late(bar);
        }
    }

    fn step(&self) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
            self.show_bar_when_late(bar);
        }
    }

    fn detail(&self, text: &str) {
        self.messages.detail(text);
    }
}

impl Drop for Phases {
    fn drop(&mut self) {
        self.finish();
    }
}
