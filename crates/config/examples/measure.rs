//! How long reading and compiling takes: `cargo run --release -p holdfast-config --example measure
//! [VIRTUAL_SERVERS [REAL_SERVERS]]`.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a measuring program"
)]

use holdfast_config::compile;
use holdfast_model::HostFacts;
use holdfast_syntax::{Environment, Nothing, SourceMap, parse};
use std::fmt::Write as _;
use std::time::Instant;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|n| n.parse().unwrap_or(10));
    let virtual_servers: u32 = arguments.next().unwrap_or(10_000);
    let real_servers: u32 = arguments.next().unwrap_or(10);
    let text = configuration(virtual_servers, real_servers);
    println!("{} bytes, {} lines", text.len(), text.lines().count());
    for _ in 0..5 {
        let mut sources = SourceMap::single("measure.conf", text.as_bytes());
        let start = Instant::now();
        let (tree, read) = parse(&mut sources, &mut Nothing, &Environment::default());
        let parsed = start.elapsed();
        let compiled = compile(&tree, read, &HostFacts::default());
        let done = start.elapsed();
        println!(
            "parse {parsed:?}, compile {:?}, together {done:?}; {} virtual servers, {} findings",
            done - parsed,
            compiled.model.lvs.virtual_servers.len(),
            compiled.findings.iter().count()
        );
    }
}

fn configuration(virtual_servers: u32, real_servers: u32) -> String {
    let mut text = String::new();
    for v in 0..virtual_servers {
        let _ = write!(
            text,
            "virtual_server 10.{}.{}.{} 80 {{\n    delay_loop 5\n    lb_algo rr\n    lb_kind DR\n    \
             persistence_timeout 5\n    protocol TCP\n",
            v >> 16,
            v >> 8 & 255,
            v & 255
        );
        for r in 0..real_servers {
            let n = v.wrapping_mul(real_servers).wrapping_add(r);
            let _ = write!(
                text,
                "    real_server 11.{}.{}.{} 80 {{\n        weight 1\n        TCP_CHECK {{\n            \
                 connect_port 80\n            connect_timeout 2\n            retry 3\n            \
                 delay_before_retry 1\n        }}\n    }}\n",
                n >> 16 & 255,
                n >> 8 & 255,
                n & 255
            );
        }
        text += "}\n";
    }
    text
}
