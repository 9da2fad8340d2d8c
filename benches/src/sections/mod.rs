//! The subjects of the benchmark, one file each, and what they share: the peers, the outputs, the interleaving.

pub mod compile;
pub mod debug_info;
pub mod exceptions;
pub mod hello;
pub mod objects;
pub mod run_time;
pub mod threads;
pub mod yosys;

use crate::kernels::Program;
use crate::peers::{Peer, peer};
use crate::setup::Tools;
use crate::{Arguments, measure, report};
use anyhow::{Context, Result, ensure};
use std::path::PathBuf;

/// The state of one benchmark.
pub struct Bench<'a> {
    /// What was asked for.
    pub arguments: &'a Arguments,
    /// Where the tools are.
    pub tools: &'a Tools,
    /// The columns.
    pub peers: Vec<Box<dyn Peer>>,
    folder: PathBuf,
}

impl<'a> Bench<'a> {
    /// Creates the folder of the outputs, target/bench.
    pub fn new(arguments: &'a Arguments, tools: &'a Tools) -> Result<Bench<'a>> {
        let peers: Vec<_> = arguments.peers.iter().map(|&kind| peer(kind, tools)).collect();
        Ok(Bench { arguments, tools, peers, folder: tools.root.join("target/bench") })
    }

    /// Where `peer` builds `program` to.
    pub fn output(&self, peer: &dyn Peer, program: &Program) -> Result<PathBuf> {
        let folder = self.folder.join(peer.name());
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        Ok(folder.join(program.name))
    }

    /// Builds `program` unless the peer cannot, and says what that took.
    pub fn build(&self, peer: &dyn Peer, program: &Program) -> Result<Option<measure::Run>> {
        let output = self.output(peer, program)?;
        let Some(mut command) = peer.build(program, &output) else { return Ok(None) };
        measure::run(&mut command).map(Some)
    }

    /// The peers' positions in the order of this round: each goes first equally often, so that none always runs on a cache that the same other
    /// one left behind.
    pub fn order(&self, round: u32) -> impl Iterator<Item = usize> + use<> {
        rotation(self.peers.len(), round)
    }

    /// Builds a program by every peer and runs it in interleaved rounds; its lines are figures with these names, in this
    /// order, in nanoseconds. Returns the samples by peer and figure.
    pub fn figures<const COUNT: usize>(
        &self,
        program: &Program,
        names: [&str; COUNT],
    ) -> Result<Vec<[Vec<f64>; COUNT]>> {
        let mut samples: Vec<_> = self.peers.iter().map(|_| std::array::from_fn(|_| Vec::new())).collect();
        for peer in &self.peers {
            report::progress(&format!("building {} by {}", program.name, peer.name()));
            self.build(peer.as_ref(), program)?
                .with_context(|| format!("{} cannot build {}", peer.name(), program.name))?;
        }
        for round in 0..self.arguments.rounds {
            for at in self.order(round) {
                let peer = self.peers[at].as_ref();
                report::progress(&format!("{} by {}, round {round}", program.name, peer.name()));
                let run = measure::run(&mut peer.run(program, &self.output(peer, program)?))?;
                for (line, (name, samples)) in run.stdout.lines().zip(names.iter().zip(&mut samples[at])) {
                    let nanoseconds: f64 = line
                        .strip_prefix(name)
                        .and_then(|number| number.trim().parse().ok())
                        .with_context(|| format!("{} by {} printed {line:?}", program.name, peer.name()))?;
                    samples.push(nanoseconds);
                }
                let complete = samples[at].iter().all(|samples: &Vec<f64>| samples.len() == round as usize + 1);
                ensure!(complete, "{} by {} left a figure out", program.name, peer.name());
            }
        }
        Ok(samples)
    }

    /// The position of the peer with this name, if it takes part.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.peers.iter().position(|peer| peer.name() == name)
    }
}

/// The numbers below `count`, starting with a different one each round.
pub fn rotation(count: usize, round: u32) -> impl Iterator<Item = usize> {
    (0..count).map(move |i| (i + round as usize) % count)
}
