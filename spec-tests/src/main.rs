//! Runs WebAssembly test scripts through wasmc: each module becomes an executable, by the same object emission and
//! linking as a user's build, and every assertion is checked against what the executable does.

mod arguments;
mod build;
mod check;
mod harness;
mod module;
mod program;
mod report;
mod script;
mod suite;
mod values;

use arguments::{Arguments, USAGE};
use harness::Harness;
use report::{FileReport, Summary};
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};
use suite::TestFile;

/// A program that takes longer hangs.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The same under an emulator, which is slow where much memory is reserved.
const EMULATED_TIMEOUT: Duration = Duration::from_secs(600);

fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args_os().skip(1)) {
        Ok(arguments) => arguments,
        Err(message) => {
            eprint!("spec-tests: {message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    if arguments.help {
        print!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("spec-tests: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs all files; the result is whether everything required passed.
fn run(arguments: &Arguments) -> io::Result<bool> {
    let mut files = match &arguments.paths[..] {
        [] => suite::official(),
        paths => suite::given(paths),
    };
    files.retain(|file| file.is_named(&arguments.filter));
    if files.is_empty() {
        return Err(io::Error::other(format!("no file's name contains {:?}", arguments.filter)));
    }
    let started = Instant::now();
    let mut output = io::stdout().lock();
    let target = &arguments.settings.target;
    for (file, why) in files.iter().filter_map(|file| Some((file, file.left_out_for(target)?))) {
        writeln!(output, "{}/{} is left out: {why}", file.suite, file.name)?;
    }
    files.retain(|file| file.left_out_for(target).is_none());
    let mut summary = Summary::default();
    let mut result = Ok(());
    for_each(&files, arguments, |report| {
        summary.add(&report);
        if result.is_ok() {
            result = output.write_all(report.describe(arguments.verbose).as_bytes());
        }
    })?;
    result?;
    writeln!(output, "\n{}\n{:.1} s", summary.table(), started.elapsed().as_secs_f64())?;
    writeln!(output, "{}", summary.closing_line())?;
    Ok(summary.is_success())
}

/// Runs files on several threads and hands out the reports in the order of the files, each as soon as it can be.
fn for_each(files: &[TestFile], arguments: &Arguments, mut report: impl FnMut(FileReport)) -> io::Result<()> {
    let jobs = match arguments.jobs {
        0 => thread::available_parallelism().map_or(1, usize::from),
        jobs => jobs,
    };
    let timeout = if arguments.runner.is_some() { EMULATED_TIMEOUT } else { TIMEOUT };
    let harness = |_| Harness::new(timeout, arguments.runner.as_deref());
    let harnesses = (0..jobs.min(files.len())).map(harness).collect::<io::Result<Vec<Harness>>>()?;
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for harness in &harnesses {
            let (sender, next) = (sender.clone(), &next);
            // As much stack as the main thread of `wasmc` has.
            let worker = move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(file) = files.get(index) else { break };
                    if sender.send((index, check::check(file, &arguments.settings, harness))).is_err() {
                        break;
                    }
                }
            };
            thread::Builder::new().stack_size(8 << 20).spawn_scoped(scope, worker)?;
        }
        drop(sender);
        let mut waiting: Vec<Option<FileReport>> = files.iter().map(|_| None).collect();
        let mut done = 0;
        for (index, finished) in receiver {
            waiting[index] = Some(finished);
            while let Some(finished) = waiting.get_mut(done).and_then(Option::take) {
                report(finished);
                done += 1;
            }
        }
        Ok(())
    })
}
