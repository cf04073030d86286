//! The model as bytes: one postcard section a process.

use holdfast_model::{LvsModel, Model, Name, ProcessModel, TableSettings, VrrpModel};
use holdfast_supervise::{Bundle, Header, Section};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::os::fd::OwnedFd;

/// Tells builds apart: postcard says nothing of the layout it carries.
fn build() -> u64 {
    // FNV-1a: any change of the text changes the number
    crate::BUILD
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
}

/// Fills `memfd` with a model and the text it was made from.
pub(super) fn write(
    memfd: &OwnedFd,
    generation: u64,
    model: &Model,
    text: &impl Serialize,
) -> io::Result<()> {
    let roles = [
        // the vrrp worker has the static objects, and speaks BFD
        !model.vrrp.instances.is_empty()
            || !model.vrrp.statics.is_empty()
            || !model.vrrp.bfd.is_empty(),
        // the lvs worker has the sync daemon too
        !model.lvs.virtual_servers.is_empty() || model.lvs.table.sync.is_some(),
    ];
    let stop_limit = u32::try_from(model.process.stop_limit.as_millis()).unwrap_or(u32::MAX);
    let process = &model.process;
    let header = Header::new(generation, build(), roles, stop_limit)
        .with_scripts(process.startup.is_some(), process.shutdown.is_some())
        .with_name(process.name.as_ref().map_or("", Name::as_str));
    holdfast_supervise::bundle::write(
        memfd,
        header,
        [
            &mut |to| put(&model.vrrp, to),
            &mut |to| put(&model.lvs, to),
            &mut |to| put(&model.process, to),
            &mut |to| put(text, to),
            &mut |to| {
                let place = &model.process.place;
                for name in [&place.namespace, &place.instance] {
                    writeln!(to, "{}", name.as_ref().map_or("", Name::as_str))?;
                }
                Ok(())
            },
        ],
    )
}

fn put(value: &impl Serialize, to: &mut dyn io::Write) -> io::Result<()> {
    postcard::to_io(value, to).map_err(io::Error::other)?;
    Ok(())
}

fn section<T: DeserializeOwned>(bundle: &Bundle, section: Section) -> io::Result<T> {
    postcard::from_bytes(&bytes(bundle, section)?).map_err(io::Error::other)
}

/// The first field of a section, the others unread.
fn first<T: DeserializeOwned>(bundle: &Bundle, section: Section) -> io::Result<T> {
    let bytes = bytes(bundle, section)?;
    let (first, _rest) = postcard::take_from_bytes(&bytes).map_err(io::Error::other)?;
    Ok(first)
}

fn bytes(bundle: &Bundle, section: Section) -> io::Result<Vec<u8>> {
    if bundle.header.build != build() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "written by another build",
        ));
    }
    bundle.section(section)
}

/// The vrrp worker's part.
pub(crate) fn vrrp_section(bundle: &Bundle) -> io::Result<VrrpModel> {
    section(bundle, Section::Vrrp)
}

/// The lvs worker's part.
pub(crate) fn lvs_section(bundle: &Bundle) -> io::Result<LvsModel> {
    section(bundle, Section::Lvs)
}

/// What stands first in the lvs worker's part.
pub(crate) fn table_section(bundle: &Bundle) -> io::Result<TableSettings> {
    first(bundle, Section::Lvs)
}

/// Every process's part.
pub(crate) fn process_section(bundle: &Bundle) -> io::Result<ProcessModel> {
    section(bundle, Section::Process)
}

/// All parts: what runs, for the judgement of a reload.
pub(super) fn model(bundle: &Bundle) -> io::Result<Model> {
    Ok(Model {
        vrrp: vrrp_section(bundle)?,
        lvs: lvs_section(bundle)?,
        process: process_section(bundle)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_first() {
        let mut model = LvsModel::default();
        model.table.namespace = Some(Some("table".into()));
        let bytes = postcard::to_stdvec(&model).expect("bytes");
        let (table, _) = postcard::take_from_bytes::<TableSettings>(&bytes).expect("table");
        assert_eq!(table, model.table);
    }
}
