//! `vrrp_instance`.

use super::root::Draft;
use super::{authentication, block_span, name, seconds, virtual_ipaddress, whole};
use super::{instance_behaviour, instance_link};
use crate::code;
use crate::context::Context;
use crate::draft::{InstanceDraft, Spanned};
use crate::table::{Arity, Built, Row, Table, walk};
use crate::value::duration::SECOND;
use core::time::Duration;
use holdfast_model::{IfName, Priority, Vrid};
use holdfast_syntax::{Finding, Item};

pub(super) fn apply(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    if item.len() < 2 {
        let finding = Finding::error(
            code::NO_NAME,
            item.head(),
            "`vrrp_instance` needs a name: expected `vrrp_instance NAME {`; the instance is left out",
        )
        .help("give it a name of its own, such as VI_1");
        context.push(finding);
        return;
    }
    let name = name(item, 1);
    if let Some(first) = draft.names.get(&name) {
        let finding = Finding::error(
            code::SAME_NAME,
            item.head(),
            format!("instance `{name}` is already defined: this block is ignored"),
        )
        .also(*first, "first defined here")
        .help(if item.len() > 2 {
            "a name ends at a blank: join its words, as in `front_door`"
        } else {
            "give it another name, or remove one of the two"
        });
        context.push(finding);
        return;
    }
    draft.names.insert(name.clone(), item.head());
    let mut instance = InstanceDraft {
        name,
        head: item.head(),
        block: block_span(context, item),
        objects: core::mem::take(&mut draft.objects),
        ..InstanceDraft::default()
    };
    walk(context, item.items(), &TABLE, &mut instance);
    draft.objects = core::mem::take(&mut instance.objects);
    if let Some(interface) = instance.sync_interface.take() {
        let name = instance.name.clone();
        draft.table.old_sync.get_or_insert((interface, name));
    }
    draft.instances.push(instance);
}

pub(super) const TABLE: Table<InstanceDraft> = Table {
    block: "vrrp_instance",
    parts: &[WORKS, instance_link::LINK, instance_behaviour::BEHAVIOUR],
};

const WORKS: &[Row<InstanceDraft>] = &[
    Row {
        name: "state",
        aliases: &[],
        arity: Arity::Value("`MASTER` or `BACKUP`"),
        repeats: false,
        built: Built::Works,
        doc: "What is wanted at first; the election decides. By priority when left out.",
        apply: state,
    },
    Row {
        name: "interface",
        aliases: &[],
        arity: Arity::Value("an interface's name"),
        repeats: false,
        built: Built::Works,
        doc: "Where adverts are sent and heard.",
        apply: interface,
    },
    Row {
        name: "virtual_router_id",
        aliases: &[],
        arity: Arity::Value("a whole number from 1 to 255"),
        repeats: false,
        built: Built::Works,
        doc: "1 to 255; the same on all routers of one virtual router, unique on the link.",
        apply: |context, item, draft| {
            let value = whole(context, item, 1..=255, "the instance is left out");
            let value = value.and_then(|value| u8::try_from(value).ok());
            match value.and_then(Vrid::new) {
                Some(value) => {
                    let span = item.head();
                    draft.vrid = Some(Spanned { value, span });
                }
                None => draft.vrid_refused = true,
            }
        },
    },
    Row {
        name: "priority",
        aliases: &[],
        arity: Arity::Value("a whole number from 1 to 255"),
        repeats: false,
        built: Built::Works,
        doc: "1 to 255; the highest wins. 100 by default, 255 with `state MASTER`.",
        apply: |context, item, draft| {
            let value = whole(context, item, 1..=255, "the default of 100 is used");
            let value = value.and_then(|value| u8::try_from(value).ok());
            draft.priority = value.or(Some(100)).and_then(Priority::new);
        },
    },
    Row {
        name: "advert_int",
        aliases: &[],
        arity: Arity::Value("seconds"),
        repeats: false,
        built: Built::Works,
        doc: "Seconds between adverts, 1 by default; the same on all routers.",
        apply: |context, item, draft| {
            let range = SECOND / 100..=255 * SECOND;
            if let Some(value) = seconds(context, item, range, "the default of 1 is used") {
                let span = item.head();
                draft.advert = Some(Spanned {
                    value: value.duration(),
                    span,
                });
            }
        },
    },
    Row {
        name: "authentication",
        aliases: &[],
        arity: Arity::Block,
        repeats: true,
        built: Built::Works,
        doc: "The password of version 2.",
        apply: authentication::apply,
    },
    Row {
        name: "nopreempt",
        aliases: &[],
        arity: Arity::Switch,
        repeats: false,
        built: Built::Works,
        doc: "Leaves a master of lower priority alone. Not with `state MASTER`.",
        apply: |_, item, draft| draft.nopreempt = Some(item.head()),
    },
    Row {
        name: "preempt",
        aliases: &[],
        arity: Arity::Switch,
        repeats: false,
        built: Built::Works,
        doc: "The default; takes `nopreempt` back.",
        apply: |_, _, draft| draft.nopreempt = None,
    },
    Row {
        name: "preempt_delay",
        aliases: &[],
        arity: Arity::Value("seconds from 0 to 1000"),
        repeats: false,
        built: Built::Works,
        doc: "Seconds to wait before a master of lower priority is replaced, 0 to 1000.",
        apply: |context, item, draft| {
            let range = 0..=1000 * SECOND;
            if let Some(value) = seconds(context, item, range, "no delay is used") {
                let span = item.head();
                draft.preempt_delay = Some(Spanned {
                    value: value.duration(),
                    span,
                });
            }
        },
    },
    Row {
        name: "virtual_ipaddress",
        aliases: &[],
        arity: Arity::Block,
        repeats: true,
        built: Built::Works,
        doc: "The addresses that the master owns, one a line.",
        apply: virtual_ipaddress::apply,
    },
    Row {
        name: "no_virtual_ipaddress",
        aliases: &[],
        arity: Arity::Switch,
        repeats: false,
        built: Built::Works,
        doc: "This instance has no addresses on purpose.",
        apply: |_, _, draft| draft.no_addresses = true,
    },
    Row {
        name: "version",
        aliases: &[],
        arity: Arity::Value("2 or 3"),
        repeats: false,
        built: Built::Works,
        doc: "The VRRP version.",
        apply: |context, item, draft| {
            if let Some(value) = whole(context, item, 2..=3, "the default is used") {
                let span = item.head();
                draft.version = Some(Spanned { value, span });
            }
        },
    },
    Row {
        name: "garp_master_delay",
        aliases: &[],
        arity: Arity::Value("whole seconds"),
        repeats: false,
        built: Built::Works,
        doc: "Seconds until the gratuitous ARPs of a new master are repeated; 5, 0: not at all.",
        apply: |context, item, draft| garp_seconds(context, item, &mut draft.garp.delay),
    },
    Row {
        name: "garp_master_repeat",
        aliases: &[],
        arity: Arity::Value("a count"),
        repeats: false,
        built: Built::Works,
        doc: "Gratuitous ARPs at once, an address; 5 by default.",
        apply: |context, item, draft| garp_count(context, item, 1, &mut draft.garp.repeat),
    },
    Row {
        name: "garp_master_refresh",
        aliases: &[],
        arity: Arity::Value("whole seconds"),
        repeats: false,
        built: Built::Works,
        doc: "Seconds between gratuitous ARPs while master; 0, the default: none.",
        apply: |context, item, draft| garp_seconds(context, item, &mut draft.garp.refresh),
    },
    Row {
        name: "garp_master_refresh_repeat",
        aliases: &[],
        arity: Arity::Value("a count"),
        repeats: false,
        built: Built::Works,
        doc: "Gratuitous ARPs at each refresh, an address; 1 by default.",
        apply: |context, item, draft| garp_count(context, item, 1, &mut draft.garp.refresh_repeat),
    },
    Row {
        name: "garp_lower_prio_delay",
        aliases: &[],
        arity: Arity::Value("whole seconds"),
        repeats: false,
        built: Built::Works,
        doc: "Like garp_master_delay, after an advert of lower priority was heard.",
        apply: |context, item, draft| garp_seconds(context, item, &mut draft.garp.lower_prio_delay),
    },
    Row {
        name: "garp_lower_prio_repeat",
        aliases: &[],
        arity: Arity::Value("a count"),
        repeats: false,
        built: Built::Works,
        doc: "Like garp_master_repeat, after an advert of lower priority was heard.",
        apply: |context, item, draft| {
            garp_count(context, item, 0, &mut draft.garp.lower_prio_repeat)
        },
    },
];

fn state(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut InstanceDraft) {
    draft.state = Some(item.head());
    draft.wants_master = Some(match item.bytes(1) {
        Some(b"MASTER") => true,
        Some(b"BACKUP") => false,
        _ => {
            let expected = "`MASTER` or `BACKUP`, in capitals";
            context.bad_value(code::CHOICE, item, 1, expected, "BACKUP is used");
            false
        }
    });
}

fn interface(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut InstanceDraft) {
    let text = item.text(1).unwrap_or_default();
    let Some(value) = IfName::new(&text) else {
        let expected = "an interface's name of 1 to 15 characters";
        context.bad_value(
            code::TOO_LONG,
            item,
            1,
            expected,
            "the instance is left out",
        );
        draft.interface = None;
        draft.interface_refused = true;
        return;
    };
    let span = item.word_span(1);
    if context
        .facts
        .interface(&value)
        .is_some_and(|interface| interface.loopback)
    {
        let finding = Finding::error(
            code::INTERFACE_KIND,
            span,
            format!("`{value}` is a loopback interface: adverts cannot reach anybody from it"),
        )
        .label("the instance is left out")
        .help("name the interface that leads to the other routers");
        context.push(finding);
        draft.interface = None;
        draft.interface_refused = true;
        return;
    }
    draft.interface = Some(Spanned { value, span });
}

/// Whole seconds; what was there stays when they are none.
pub(super) fn garp_seconds(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    kept: &mut Option<Duration>,
) {
    if let Some(value) = whole(context, item, 0..=4294, "the default is used") {
        *kept = Some(Duration::from_secs(u64::from(value)));
    }
}

/// A count; what is below `least` is raised to it, and what was there stays when it is none.
pub(super) fn garp_count(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    least: u32,
    kept: &mut Option<u16>,
) {
    let Some(value) = whole(context, item, 0..=u32::MAX, "the default is used") else {
        return;
    };
    if value < least {
        let expected = "a whole number above 0";
        context.bad_value(code::NUMBER, item, 1, expected, "1 is used");
    }
    *kept = Some(u16::try_from(value.max(least)).unwrap_or(u16::MAX));
}
