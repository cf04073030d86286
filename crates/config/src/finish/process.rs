//! What the processes know of themselves.

use crate::context::Context;
use crate::draft::{NoticesDraft, SystemDraft};
use crate::finish::script::Users;
use core::time::Duration;
use holdfast_model::{GlobalDefs, Name, Place, ProcessModel, Urgency};

pub(crate) fn process(
    context: &mut Context<'_>,
    users: &Users,
    global: GlobalDefs,
    notices: &mut NoticesDraft,
    system: SystemDraft,
    namespace: Option<Name>,
) -> ProcessModel {
    let worker = |own: Urgency, name: &str| Urgency {
        name: own.name.or_else(|| system.names.then(|| Name::from(name))),
        most: system.most,
        late: system.late,
        ..own
    };
    let defaults = ProcessModel::default();
    let stop_limit = system
        .stop_limit
        .map(|limit| Duration::from_secs(limit.into()));
    ProcessModel {
        global,
        startup: users.once(context, core::mem::take(&mut notices.startup)),
        shutdown: users.once(context, core::mem::take(&mut notices.shutdown)),
        vrrp: worker(system.vrrp, "keepalived_vrrp"),
        lvs: worker(system.lvs, "keepalived_lvs"),
        name: system.name,
        umask: system.umask,
        place: Place {
            namespace,
            instance: system.instance,
        },
        stop_limit: stop_limit.unwrap_or(defaults.stop_limit),
    }
}
