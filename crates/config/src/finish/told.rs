//! What is run and who is told: of instances, of servers, of the daemon itself.

use crate::block::Draft;
use crate::context::Context;
use crate::finish::checks::Programs;
use crate::finish::script::Users;
use crate::finish::{mail, process};
use core::mem::take;
use holdfast_model::{Notices, ProcessModel, ServerNotices, VirtualServerKey};

/// All of it, and the users that scripts of instances run as.
pub(crate) struct Told {
    pub(crate) users: Users,
    pub(crate) notices: Notices,
    pub(crate) servers: ServerNotices,
    pub(crate) process: ProcessModel,
    pub(crate) programs: Programs,
    /// `ha_suspend`.
    pub(crate) suspends: Vec<VirtualServerKey>,
}

/// Takes what it needs out of the draft.
pub(crate) fn told(context: &mut Context<'_>, draft: &mut Draft) -> Told {
    let mail = mail::mail(context, &draft.global, &draft.mail, &draft.own);
    let users = Users::new(context, &draft.notices, &draft.mail);
    let (global, system) = (take(&mut draft.global), take(&mut draft.system));
    let umask = system.umask;
    let namespace = draft.net_namespace.as_ref().map(|name| name.value.clone());
    let process = process::process(
        context,
        &users,
        global,
        &mut draft.notices,
        system,
        namespace.filter(|name| !name.as_str().is_empty() && !name.as_str().contains('/')),
    );
    let notices = take(&mut draft.notices);
    let (notices, of_servers) = users.notices(context, notices, &draft.own, mail.as_ref(), umask);
    let programs = take(&mut draft.servers.programs).into_iter();
    let programs =
        programs.map(|(key, at, script)| ((key, at), users.script(context, Some(script))));
    let programs = programs.collect();
    let suspends = take(&mut draft.servers.suspends);
    let servers = users.servers(context, take(&mut draft.servers), of_servers);
    Told {
        users,
        notices,
        servers,
        process,
        programs,
        suspends,
    }
}
