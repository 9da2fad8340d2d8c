//! Hello: executable size, start-up (exec to exit), resident memory and build time, with static C programs as the yardstick.

use super::{Bench, rotation};
use crate::kernels;
use crate::measure::{self, Starter};
use crate::peers::{Peer, static_twins};
use crate::report::{self, Table};
use crate::statistics::{fastest, median, ratio_spread};
use anyhow::{Context, Result, ensure};

/// How often hello is built: a build takes a few milliseconds, so medians want more rounds than large builds.
const BUILDS_A_ROUND: u32 = 7;

/// Prints the table.
pub fn run(bench: &mut Bench) -> Result<()> {
    let program = kernels::hello(&bench.tools.root);
    let twins = static_twins();
    let peers: Vec<&dyn Peer> =
        twins.iter().map(|twin| twin as &dyn Peer).chain(bench.peers.iter().map(|peer| peer.as_ref())).collect();

    let mut builds = vec![Vec::new(); peers.len()];
    for round in 0..bench.arguments.build_rounds * BUILDS_A_ROUND {
        for at in rotation(peers.len(), round) {
            report::progress(&format!("building hello, round {round}"));
            let run = bench
                .build(peers[at], &program)?
                .with_context(|| format!("{} cannot build hello", peers[at].name()))?;
            builds[at].push(run.wall.as_secs_f64() * 1e3);
        }
    }

    let mut starters = Vec::new();
    for peer in &peers {
        let command = peer.run(&program, &bench.output(*peer, &program)?);
        starters.push(Starter::new(&command)?);
        let mut command = command;
        ensure!(measure::run(&mut command)?.stdout == "Hello, world!\n", "hello by {} did not say hello", peer.name());
    }
    let mut starts = vec![Vec::new(); peers.len()];
    measure::pin(Some(bench.arguments.core)).context("cannot pin to the processor given by --core")?;
    for round in 0..bench.arguments.starts {
        report::progress(&format!("starting hello, round {round}"));
        for at in rotation(peers.len(), round) {
            starts[at].push(starters[at].start_and_wait()?.as_secs_f64() * 1e6);
        }
    }
    measure::pin(None)?;

    let title = "hello (C, puts)";
    let mut table = Table::new(
        1,
        [
            title,
            "stripped",
            "unstripped",
            "runtime",
            "start us",
            "fastest us",
            "of static musl's",
            "",
            "of static glibc's",
            "resident",
            "build ms",
        ],
    );
    for (at, peer) in peers.iter().enumerate() {
        let output = bench.output(*peer, &program)?;
        let unstripped = std::fs::metadata(&output)?.len();
        let stripped_path = output.with_extension("stripped");
        let stripped = match peer.strip(&output, &stripped_path) {
            Some(mut command) => {
                measure::run(&mut command)?;
                std::fs::metadata(&stripped_path)?.len()
            }
            None => unstripped,
        };
        // Some sandboxes forbid ptrace(2); the rest of the table is worth having without it.
        let resident =
            measure::resident_at_exit(&mut peer.run(&program, &output)).map_or("-".into(), |kib| format!("{kib} KiB"));
        let runtime = peer.runtime_size();
        table.row([
            peer.name().into(),
            report::kilobytes(stripped),
            report::kilobytes(unstripped),
            if runtime == 0 { "-".into() } else { report::kilobytes(runtime) },
            format!("{:.0}", median(&starts[at])),
            format!("{:.0}", fastest(&starts[at])),
            report::ratio(median(&starts[at]) / median(&starts[1])),
            report::plus_minus(ratio_spread(&starts[at], &starts[1])),
            report::ratio(median(&starts[at]) / median(&starts[0])),
            resident,
            report::milliseconds(median(&builds[at])),
        ]);
    }
    table.print(&format!("Hello: medians of {} interleaved starts (posix_spawn to wait)", bench.arguments.starts))
}
