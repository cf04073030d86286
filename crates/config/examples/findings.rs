//! Reads a `keepalived.conf` and prints what is wrong with it, then what would run:
//! `cargo run -p holdfast-config --example findings FILE`.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "an example program"
)]

use holdfast_config::compile;
use holdfast_model::HostFacts;
use holdfast_syntax::{Environment, Nothing, SourceMap, parse, render};

fn main() -> std::io::Result<()> {
    let path = std::env::args().nth(1).unwrap_or_default();
    let mut sources = SourceMap::single(path.as_str(), std::fs::read(&path)?);
    // `Nothing` includes no files; implement `Surroundings` to read them
    let (tree, read) = parse(&mut sources, &mut Nothing, &Environment::default());
    // no facts: nothing is said about interfaces
    let compiled = compile(&tree, read, &HostFacts::default());
    for finding in &compiled.findings {
        println!("{}", render::human(finding, &sources));
    }
    for instance in &compiled.model.vrrp.instances {
        let (key, vrid) = (&instance.key, instance.vrid);
        println!("{key}: id {vrid} on {}", instance.interface);
    }
    for server in &compiled.model.lvs.virtual_servers {
        println!("{}: {} real servers", server.key, server.real_servers.len());
    }
    Ok(())
}
