//! What the processes know of themselves.

use crate::context::Context;
use crate::draft::NoticesDraft;
use crate::finish::script::Users;
use holdfast_model::{GlobalDefs, ProcessModel};

pub(crate) fn process(
    context: &mut Context<'_>,
    users: &Users,
    global: GlobalDefs,
    notices: &mut NoticesDraft,
) -> ProcessModel {
    ProcessModel {
        global,
        startup: users.once(context, core::mem::take(&mut notices.startup)),
        shutdown: users.once(context, core::mem::take(&mut notices.shutdown)),
        ..ProcessModel::default()
    }
}
