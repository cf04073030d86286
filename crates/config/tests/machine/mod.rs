//! The machine that all cases are for.

use holdfast_model::{HostFacts, IfName, Interface, Name, Program, Step};
use std::collections::BTreeMap;

/// Its interfaces and network namespaces.
pub(crate) fn facts() -> HostFacts {
    let interface = |name: &str, index, loopback, mtu| {
        IfName::new(name).map(|its| Interface {
            name: its,
            index,
            loopback,
            multicast: !loopback,
            virtual_mac: false,
            mtu,
            table: name.starts_with("vrf").then_some(10),
            addresses: Vec::new(),
        })
    };
    let list = [
        interface("lo", 1, true, 1500),
        interface("eth0", 2, false, 1500),
        interface("eth1", 3, false, 1500),
        interface("tun0", 4, false, 68),
        interface("vrf0", 5, false, 65575),
    ];
    HostFacts {
        hostname: Name::from("lvs01"),
        full_name: Name::from("lvs01.example.org"),
        interfaces: Some(list.into_iter().flatten().collect()),
        namespaces: Some(["red"].map(Name::from).to_vec()),
        accounts: None,
        tables: Vec::new(),
    }
}

/// What stands in /opt: a file, one that nobody may execute, a directory, one that all may write,
/// and nothing of `none`.
pub(crate) fn programs() -> BTreeMap<String, Program> {
    let there = |path: &str, mode| Program {
        steps: [("/", 0o040_755), ("/opt/ha", 0o040_755), (path, mode)]
            .map(|(path, mode)| Step {
                path: path.to_owned(),
                uid: 0,
                gid: 0,
                mode,
            })
            .to_vec(),
        missing: None,
    };
    let none = || Program {
        steps: Vec::new(),
        missing: Some("/opt/none".to_owned()),
    };
    [
        ("/opt/ha/fine.sh", there("/opt/ha/fine.sh", 0o100_755)),
        ("/opt/ha/plain.sh", there("/opt/ha/plain.sh", 0o100_644)),
        ("/opt/ha/folder", there("/opt/ha/folder", 0o040_755)),
        ("/opt/ha/loose.sh", there("/opt/ha/loose.sh", 0o100_777)),
        ("/opt/none/a.sh", none()),
        ("/opt/none/b.sh", none()),
    ]
    .map(|(name, program)| (name.to_owned(), program))
    .into()
}
