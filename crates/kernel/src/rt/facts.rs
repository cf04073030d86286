//! What a compilation needs to know of the machine.

use super::{RtError, Rtnetlink};
use holdfast_model::{HostFacts, Interface, Name};

/// Reads host name, interfaces and addresses, once, without a runtime of the caller's.
///
/// # Errors
/// When the kernel's tables cannot be read.
pub fn host_facts() -> Result<HostFacts, RtError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (links, addresses) = runtime.block_on(async {
        let mut rtnetlink = Rtnetlink::open()?;
        Ok::<_, RtError>((rtnetlink.links().await?, rtnetlink.addresses().await?))
    })?;
    let on = |index: u32| {
        addresses
            .iter()
            .filter(move |a| a.index == index)
            .map(|a| a.address)
    };
    let interfaces = links.into_iter().map(|link| Interface {
        addresses: on(link.index).collect(),
        name: link.name,
        index: link.index,
        loopback: link.loopback,
        multicast: link.multicast,
        virtual_mac: link.virtual_mac,
        mtu: link.mtu,
        table: link.table,
    });
    let host = nix::unistd::gethostname().unwrap_or_default();
    let host = host.to_string_lossy();
    let hostname = Name::from(host.split('.').next().unwrap_or_default());
    Ok(HostFacts {
        hostname,
        full_name: Name::from(host.as_ref()),
        interfaces: Some(interfaces.collect()),
        namespaces: Some(namespaces()),
        accounts: crate::accounts::read(),
        tables: tables(),
    })
}

/// iproute2's names of routing tables: `NUMBER NAME` a line. What the administrator says comes
/// first.
fn tables() -> Vec<(Name, u32)> {
    let mut files = Vec::new();
    for folder in ["/etc/iproute2", "/usr/share/iproute2"] {
        files.push(format!("{folder}/rt_tables").into());
        let more = std::fs::read_dir(format!("{folder}/rt_tables.d"));
        files.extend(
            more.into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.path()),
        );
    }
    let texts = files
        .iter()
        .filter_map(|file: &std::path::PathBuf| std::fs::read_to_string(file).ok());
    let mut list = Vec::new();
    for text in texts {
        for line in text.lines() {
            let mut words = line.split_whitespace();
            let number = words.next().and_then(|word| word.parse().ok());
            if let (Some(number), Some(name)) = (number, words.next()) {
                list.push((Name::from(name), number));
            }
        }
    }
    list
}

/// What `ip netns` lists; no directory, no namespaces. A name whose namespace is gone is a plain
/// file.
fn namespaces() -> Vec<Name> {
    /// linux/magic.h: NSFS_MAGIC.
    const NSFS: i64 = 0x6e73_6673;
    let entries = std::fs::read_dir("/run/netns")
        .into_iter()
        .flatten()
        .flatten();
    let alive = entries.filter(|entry| {
        let kind = nix::sys::statfs::statfs(&entry.path());
        kind.is_ok_and(|kind| kind.filesystem_type().0 == NSFS)
    });
    let names = alive.map(|entry| entry.file_name());
    names
        .map(|name| Name::from(&*name.to_string_lossy()))
        .collect()
}
