//! Runs an executable and talks to it as the harness of the runtime library expects: one command a line, one answer
//! a line.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use wasmc_abi::trap::TrapCode;

/// A command of the harness's protocol. Modules are inputs of the compilation, exports positions in the export section.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Instantiate a module.
    Initialize(usize),
    /// Call a function.
    Call(usize, usize, Vec<u128>),
    /// Read a global.
    Get(usize, usize),
    /// A number that stands for the size and the contents of a memory. (The fuzzer asks for it.)
    #[allow(dead_code)]
    Memory(usize, usize),
}

/// What the program answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Done, with these results.
    Values(Vec<u128>),
    /// It trapped.
    Trap(TrapCode),
    /// It threw an exception that nobody caught.
    Exception,
    /// The command could not be understood, or the answer could not.
    Error(String),
}

/// What became of a program.
#[derive(Debug)]
pub struct Conversation {
    /// The answers, in order; fewer than requests where the program died.
    pub answers: Vec<Answer>,
    /// How the program ended, for messages; `None` where it ended as it should.
    pub failure: Option<String>,
}

/// More output than any script can ask for: a program that runs away must not take the memory of this one.
const MAX_OUTPUT: u64 = 64 << 20;

/// As much of a program's standard error as is shown.
const MAX_ERRORS: usize = 400;

/// Held while an executable is written and while a process is started. A process that starts inherits every open file
/// until it executes; if another thread's executable is open for writing then, that one cannot be executed (ETXTBSY).
static WRITE_OR_START: Mutex<()> = Mutex::new(());

/// A place to run programs in, one after another.
pub struct Harness {
    directory: TempDir,
    timeout: Duration,
    /// The command that runs the programs, where they do not run by themselves.
    runner: Option<String>,
}

impl Harness {
    /// A harness with a temporary directory of its own, which kills programs after `timeout`.
    pub fn new(timeout: Duration, runner: Option<&str>) -> io::Result<Harness> {
        let directory = tempfile::Builder::new().prefix("wasmc-spec-").tempdir()?;
        Ok(Harness { directory, timeout, runner: runner.map(str::to_owned) })
    }

    /// Runs an executable on these requests.
    pub fn run(&self, executable: &[u8], requests: &[Request]) -> io::Result<Conversation> {
        let program = self.directory.path().join("program");
        let input = self.directory.path().join("requests");
        let errors = self.directory.path().join("errors");
        let mut text = String::new();
        for request in requests {
            request.encode(&mut text);
        }
        fs::write(&input, text)?;
        let child = {
            let _guard = WRITE_OR_START.lock().unwrap_or_else(PoisonError::into_inner);
            write_executable(&program, executable)?;
            let mut command = match &self.runner {
                Some(runner) => {
                    let mut words = runner.split_whitespace();
                    let mut command = Command::new(words.next().unwrap_or_default());
                    command.args(words).arg(&program);
                    command
                }
                None => Command::new(&program),
            };
            command
                .env_clear()
                .current_dir(self.directory.path())
                .stdin(File::open(&input)?)
                .stdout(Stdio::piped())
                .stderr(File::create(&errors)?)
                .spawn()?
        };
        let (output, end) = self.attend(child)?;
        let answers: Vec<Answer> = output.lines().map(Answer::decode).collect();
        let failure = match end {
            End::Exit(status) if status.success() && answers.len() == requests.len() => None,
            End::Exit(status) => Some(format!("the program ended ({status}) after {} answers", answers.len())),
            End::Timeout => Some(format!("the program was killed after {} s", self.timeout.as_secs())),
            End::TooMuch => Some("the program was killed for writing too much".to_owned()),
        };
        let failure = failure.map(|mut failure| {
            let errors = fs::read(&errors).unwrap_or_default();
            let errors = String::from_utf8_lossy(&errors[..errors.len().min(MAX_ERRORS)]).trim().to_owned();
            if !errors.is_empty() {
                let _ = write!(failure, ": {errors}");
            }
            failure
        });
        Ok(Conversation { answers, failure })
    }

    /// Reads what the program writes until it ends, and sees to it that it does.
    fn attend(&self, mut child: Child) -> io::Result<(String, End)> {
        let Some(stdout) = child.stdout.take() else { return Err(io::Error::other("no pipe to the program")) };
        let (started, timeout) = (Instant::now(), self.timeout);
        let child = Mutex::new(child);
        let kill = &|| child.lock().unwrap_or_else(PoisonError::into_inner).kill();
        let (done, wait) = mpsc::channel::<()>();
        let (output, late) = thread::scope(|scope| {
            let watch = scope.spawn(move || {
                let late = wait.recv_timeout(timeout) == Err(mpsc::RecvTimeoutError::Timeout);
                if late {
                    // An error means that it has ended just now.
                    let _ = kill();
                }
                late
            });
            let mut output = Vec::new();
            let read = stdout.take(MAX_OUTPUT).read_to_end(&mut output).map(|_| output);
            drop(done);
            (read, watch.join().unwrap_or(false))
        });
        let output = output?;
        let mut end = None;
        if late {
            end = Some(End::Timeout);
        } else if output.len() as u64 == MAX_OUTPUT {
            end = Some(End::TooMuch);
        }
        // Its output is closed, but a program need not end for that.
        let status = loop {
            if let Some(status) = child.lock().unwrap_or_else(PoisonError::into_inner).try_wait()? {
                break status;
            }
            if end.is_some() || started.elapsed() > timeout {
                end.get_or_insert(End::Timeout);
                let _ = kill();
            }
            thread::sleep(Duration::from_micros(100));
        };
        Ok((String::from_utf8_lossy(&output).into_owned(), end.unwrap_or(End::Exit(status))))
    }
}

/// How a program ended.
enum End {
    Exit(ExitStatus),
    Timeout,
    TooMuch,
}

fn write_executable(path: &Path, contents: &[u8]) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = File::options().write(true).create_new(true).mode(0o700).open(path)?;
    io::Write::write_all(&mut file, contents)
}

impl Request {
    fn encode(&self, text: &mut String) {
        // Writing to a string cannot fail.
        let _ = match self {
            Request::Initialize(module) => writeln!(text, "init {module}"),
            Request::Get(module, export) => writeln!(text, "get {module} {export}"),
            Request::Memory(module, export) => writeln!(text, "memory {module} {export}"),
            Request::Call(module, export, arguments) => {
                let _ = write!(text, "call {module} {export}");
                for argument in arguments {
                    let _ = write!(text, " {argument:032x}");
                }
                writeln!(text)
            }
        };
    }
}

impl Answer {
    fn decode(line: &str) -> Answer {
        let mut words = line.split_ascii_whitespace();
        let decoded = match words.next() {
            Some("ok") => words
                .map(|word| u128::from_str_radix(word, 16).ok().filter(|_| word.len() == 32))
                .collect::<Option<_>>()
                .map(Answer::Values),
            Some("trap") => {
                let code = words.next().and_then(|number| TrapCode::from_number(number.parse().ok()?));
                code.filter(|_| words.next().is_none()).map(Answer::Trap)
            }
            Some("exception") if words.next().is_none() => Some(Answer::Exception),
            Some("error") => Some(Answer::Error(line["error".len()..].trim().to_owned())),
            _ => None,
        };
        decoded.unwrap_or_else(|| Answer::Error(format!("unintelligible answer {line:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(script: &str, timeout: Duration, requests: &[Request]) -> Conversation {
        Harness::new(timeout, None).unwrap().run(format!("#!/bin/sh\n{script}").as_bytes(), requests).unwrap()
    }

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn requests_and_answers() {
        let requests = [Request::Initialize(0), Request::Call(1, 2, vec![255, u128::MAX]), Request::Get(3, 4)];
        let script = r#"while read -r line; do
            case $line in
            "init 0") echo ok;;
            "call 1 2 000000000000000000000000000000ff ffffffffffffffffffffffffffffffff")
                echo ok 00000000000000000000000000000001 80000000000000000000000000000000;;
            "get 3 4") echo trap 2;;
            *) echo error "$line";;
            esac; done"#;
        let conversation = run(script, MINUTE, &requests);
        assert_eq!(
            conversation.answers,
            [Answer::Values(vec![]), Answer::Values(vec![1, 1 << 127]), Answer::Trap(TrapCode::MemoryOutOfBounds)]
        );
        assert_eq!(conversation.failure, None);
    }

    #[test]
    fn bad_answers_are_errors() {
        for line in
            ["", "ok 1", "ok 0000000000000000000000000000000g", "trap", "trap 200", "trap 2 3", "exception 1", "yes"]
        {
            assert!(matches!(Answer::decode(line), Answer::Error(_)), "{line}");
        }
        assert_eq!(Answer::decode("exception"), Answer::Exception);
        assert_eq!(Answer::decode("error no such module"), Answer::Error("no such module".into()));
    }

    #[test]
    fn a_program_that_dies_says_how() {
        let conversation =
            run("echo ok; echo oh >&2; kill -SEGV $$", MINUTE, &[Request::Initialize(0), Request::Initialize(1)]);
        assert_eq!(conversation.answers, [Answer::Values(vec![])]);
        let failure = conversation.failure.unwrap();
        assert!(failure.contains("signal: 11") && failure.contains("oh"), "{failure}");
        assert!(run("echo ok; exit 3", MINUTE, &[Request::Initialize(0)]).failure.is_some());
        assert!(run("exit 0", MINUTE, &[Request::Initialize(0)]).failure.is_some());
    }

    #[test]
    fn a_program_that_hangs_is_killed() {
        let short = Duration::from_millis(100);
        for script in ["echo ok; exec sleep 30", "echo ok; exec sleep 30 >&-"] {
            let started = Instant::now();
            let conversation = run(script, short, &[Request::Initialize(0), Request::Initialize(1)]);
            assert!(conversation.failure.unwrap().contains("killed"));
            assert_eq!(conversation.answers.len(), 1);
            assert!(started.elapsed() < Duration::from_secs(20));
        }
    }

    #[test]
    fn large_conversations_do_not_block() {
        let requests = vec![Request::Call(0, 0, vec![0; 8]); 20_000];
        assert_eq!(run("exec sed 's/call 0 0/ok/'", MINUTE, &requests).answers.len(), requests.len());
    }

    #[test]
    fn programs_can_be_written_and_started_at_once() {
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let harness = Harness::new(MINUTE, None).unwrap();
                    for _ in 0..20 {
                        let conversation = harness.run(b"#!/bin/sh\necho ok", &[Request::Initialize(0)]).unwrap();
                        assert_eq!(conversation.failure, None);
                    }
                });
            }
        });
    }
}
