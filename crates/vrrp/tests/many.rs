//! Many instances in one router: each goes its way as if it were alone, whoever is served beside it.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::time::Duration;
use holdfast_model::{Centis, Instance, InstanceKey, Name, Priority, Vrid};
use holdfast_vrrp::{Input, InstanceState};
use proptest::prelude::*;
use support::*;

const COUNT: u8 = 6;

/// What happens to all of them.
#[derive(Debug, Clone)]
enum Step {
    /// Time passes, and every deadline in it is kept.
    Pass(Duration),
    /// Nothing runs for so long.
    Sleep(Duration),
    /// An advert for one of them, or for nobody.
    Heard {
        vrid: u8,
        priority: u8,
    },
    Link(bool),
    Ipvs(bool),
    /// Another order in the file, and other priorities.
    Reload {
        turn: usize,
        more: u8,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let time = |most: u64| (1..most).prop_map(Duration::from_millis);
    prop_oneof![
        4 => time(5_000).prop_map(Step::Pass),
        1 => time(9_000).prop_map(Step::Sleep),
        4 => (1..=COUNT + 1, prop_oneof![Just(0), Just(50), Just(120), Just(200)])
            .prop_map(|(vrid, priority)| Step::Heard { vrid, priority }),
        1 => any::<bool>().prop_map(Step::Link),
        1 => any::<bool>().prop_map(Step::Ipvs),
        1 => (0..usize::from(COUNT), 0..100_u8).prop_map(|(turn, more)| Step::Reload { turn, more }),
    ]
}

fn instance(vrid: u8, more: u8) -> Instance {
    let mut config = config(1);
    config.key = InstanceKey(Name::from(format!("V{vrid}").as_str()));
    config.vrid = Vrid::new(vrid).unwrap();
    config.priority = Priority::new(90 + vrid * 5 + more).unwrap();
    config.advert_interval = Centis::from_secs(1 + vrid % 3).unwrap();
    config.serves_ipvs = vrid == 2;
    config.preempt_delay = Duration::from_secs(u64::from(vrid / 5) * 2);
    config
}

/// Epochs are counted for the router.
fn alone(mut state: InstanceState) -> InstanceState {
    state.want.0 = 0;
    state
}

fn happens(rig: &mut Rig, step: &Step) {
    match step {
        Step::Pass(time) => drop(rig.advance(*time)),
        Step::Sleep(time) => drop(rig.sleep(*time)),
        Step::Heard { vrid, priority } => {
            // the interval is no other than that of the one who is meant
            let advert = Advert {
                vrid: *vrid,
                interval: u16::from(1 + vrid % 3) * 100,
                ..advert(PEER, *priority)
            };
            rig.hear(&advert.bytes());
        }
        Step::Link(up) => drop(rig.input(Input::Link(link(Some(OWN), *up)))),
        Step::Ipvs(present) => drop(rig.input(Input::Ipvs(*present))),
        Step::Reload { .. } => {}
    }
}

proptest! {
    #[test]
    fn each_goes_its_way_as_if_it_were_alone(steps in prop::collection::vec(step(), 1..40)) {
        let vrids = 1..=COUNT;
        let mut order: Vec<u8> = vrids.clone().collect();
        let all = |order: &[u8], more| order.iter().map(|vrid| instance(*vrid, more)).collect::<Vec<_>>();
        let mut together = Rig::new(all(&order, 0));
        together.input(Input::Start);
        let mut single: Vec<(u8, Rig)> = vrids.map(|vrid| (vrid, Rig::new(all(&[vrid], 0)))).collect();
        for (_, rig) in &mut single {
            rig.input(Input::Start);
        }
        for step in &steps {
            happens(&mut together, step);
            if let Step::Reload { turn, more } = step {
                order.rotate_left(*turn);
                together.input(Input::Reconfigure(&model(all(&order, *more))));
            }
            let states = together.router.snapshot().instances;
            for (vrid, rig) in &mut single {
                happens(rig, step);
                if let Step::Reload { more, .. } = step {
                    rig.input(Input::Reconfigure(&model(all(&[*vrid], *more))));
                }
                let state = states.iter().find(|state| state.vrid == *vrid).unwrap();
                prop_assert_eq!(alone(state.clone()), alone(rig.snapshot()));
            }
            let first = single.iter().filter_map(|(_, rig)| rig.router.deadline()).min();
            prop_assert_eq!(together.router.deadline(), first);
        }
    }
}
