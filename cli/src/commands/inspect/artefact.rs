//! What an executable or object says of itself.

use super::{line, list};
use crate::size;
use wasmc_compiler::manifest::Manifest;

/// The manifest for people.
pub fn text(name: &str, manifest: &Manifest) -> String {
    let mut text = format!("{name}: built by wasmc {}\n", manifest.version);
    line(&mut text, "target", &manifest.target);
    if manifest.interpreted {
        line(&mut text, "code", "interpreted");
    }
    line(&mut text, "processor", manifest.cpu.as_deref().unwrap_or("the target's baseline"));
    line(&mut text, "optimised", &format!("-O{}", manifest.opt_level));
    line(&mut text, "entry", &manifest.entry);
    let memories = manifest.memories.iter().map(|memory| {
        format!(
            "{} at first, {} at most; {} base, {}",
            size::display(memory.initial),
            size::display(memory.maximum),
            manifest.memory_base,
            if manifest.bounds == "explicit" { "explicit bounds checks" } else { "guard pages" }
        )
    });
    list(&mut text, "memory", memories);
    line(&mut text, "stack", &size::display(manifest.max_stack));
    let preopens = manifest.preopens.iter().map(|preopen| format!("{} as {}", preopen.host, preopen.guest));
    list(&mut text, "folders", or_none(preopens.collect()));
    let everything = manifest.inherit_environment.then(|| "all variables, as they are at run time".to_owned());
    list(&mut text, "environment", or_none(manifest.environment.iter().cloned().chain(everything).collect()));
    let options = if manifest.runtime_options { "WASMC_ variables are heeded" } else { "none" };
    line(&mut text, "at run time", options);
    list(&mut text, "imports", or_none(manifest.imports.clone()));
    list(&mut text, "exports", or_none(manifest.exports.clone()));
    text
}

fn or_none(mut items: Vec<String>) -> Vec<String> {
    if items.is_empty() {
        items.push("none".to_owned());
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmc_compiler::manifest::{MemoryLimits, PreopenNames};

    #[test]
    fn permissions_are_shown() {
        let manifest = Manifest {
            version: "1.2.3".into(),
            target: "x86_64-unknown-linux-gnu".into(),
            opt_level: "2".into(),
            memory_base: "fixed".into(),
            bounds: "guard".into(),
            max_stack: 8 << 20,
            memories: vec![MemoryLimits { initial: 1 << 16, maximum: 1 << 32 }],
            imports: vec!["wasi_snapshot_preview1.fd_write".into(), "bad\x1b.name".into()],
            preopens: vec![PreopenNames { host: "/srv".into(), guest: "/".into() }],
            entry: "_start".into(),
            ..Manifest::default()
        };
        assert_eq!(
            text("app", &manifest),
            "app: built by wasmc 1.2.3
  target       x86_64-unknown-linux-gnu
  processor    the target's baseline
  optimised    -O2
  entry        _start
  memory       64 KiB at first, 4 GiB at most; fixed base, guard pages
  stack        8 MiB
  folders      /srv as /
  environment  none
  at run time  none
  imports      wasi_snapshot_preview1.fd_write
               bad\\u{1b}.name
  exports      none
"
        );
    }
}
