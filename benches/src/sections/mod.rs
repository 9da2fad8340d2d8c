//! The subjects of the benchmark, one file each, and what they share: the peers, the outputs, the interleaving.

pub mod compile;
pub mod exceptions;
pub mod hello;
pub mod run_time;
pub mod threads;
pub mod yosys;

use crate::kernels::Program;
use crate::peers::{Peer, peer};
use crate::setup::Tools;
use crate::{Arguments, measure};
use anyhow::{Context, Result};
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

    /// The position of the peer with this name, if it takes part.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.peers.iter().position(|peer| peer.name() == name)
    }
}

/// The numbers below `count`, starting with a different one each round.
pub fn rotation(count: usize, round: u32) -> impl Iterator<Item = usize> {
    (0..count).map(move |i| (i + round as usize) % count)
}
