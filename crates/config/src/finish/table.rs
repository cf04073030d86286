//! What is said of the IPVS table as a whole.

use crate::code;
use crate::context::Context;
use crate::draft::TableDraft;
use holdfast_model::{Instance, InstanceKey, Marking, Model, SyncDaemon, TableSettings};
use holdfast_syntax::Finding;

/// The settings, and whom the sync daemon follows.
pub(crate) fn finish(context: &mut Context<'_>, draft: TableDraft, model: &mut Model) {
    let marking = draft.marks.then(|| Marking {
        counts: model.vrrp.firewall.counts,
        ..draft.marking.clone()
    });
    let mut settings = settings(context, draft, &model.vrrp.instances);
    settings.marking = marking;
    let sync = settings.sync.as_ref();
    model.vrrp.followed = sync.and_then(|sync| sync.instance.clone());
    model.lvs.table = settings;
}

fn settings(context: &mut Context<'_>, draft: TableDraft, instances: &[Instance]) -> TableSettings {
    let mut settings = draft.settings;
    let mut id = draft.sync_id;
    if let Some((interface, instance)) = draft.old_sync.filter(|_| settings.sync.is_none()) {
        // keepalived's peers have it so: the instance's VRID is the default of the new spelling
        id = Some(0);
        settings.sync = Some(SyncDaemon {
            interface,
            instance: Some(InstanceKey(instance)),
            id: 0,
            max_length: None,
            port: None,
            ttl: None,
            group: None,
        });
    }
    let Some(mut sync) = settings.sync.take() else {
        return settings;
    };
    let followed = sync.instance.as_ref().map(|key| {
        let mut instances = instances.iter();
        instances.find(|instance| instance.key == *key)
    });
    if let (Some(None), Some(key)) = (followed, &sync.instance) {
        let span = draft.sync.unwrap_or_default();
        let finding = Finding::advice(
            code::NOT_DEFINED,
            span,
            format!("there is no usable `vrrp_instance {key}`: no connections are synchronised"),
        );
        context.push(finding.help("name an instance of this file, or none"));
        return settings;
    }
    let vrid = followed.flatten().map_or(0, |instance| instance.vrid.get());
    sync.id = id.unwrap_or(vrid);
    settings.sync = Some(sync);
    settings
}
