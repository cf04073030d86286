//! The scenarios, each a promise to the users of a pair of directors.

mod accept;
mod beside;
mod bfd;
mod bfd_check;
mod bytes;
mod changeover;
mod checkers;
mod childless;
mod control;
mod crash;
mod deaths;
mod doctor;
mod dr;
mod drift;
mod echo;
pub mod faults;
mod flood;
mod frr;
mod fwmark;
mod handover;
mod harm;
mod hostile;
mod installed;
mod ipvsadm;
mod lease;
mod link_faults;
mod log_words;
mod mail;
mod marks;
mod master_master;
mod nat;
mod nat6;
mod on_ipvs;
mod one_way;
mod orders;
mod own_links;
mod pair;
mod persistence;
mod prepare;
mod rolling;
mod ruleset;
mod side;
mod standstill;
mod tables;
mod talk;
mod tracking;
mod truncated;
mod tun;
mod upgrade;
mod vip_loss;
mod vmac;
mod way_back;
mod web;
mod whole;
mod wires;
pub mod world;
mod wrapped;

use crate::scenario::{Needs, Scenario, Shape};
pub(crate) use control::ask;

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Scenario> + Clone {
    ON_NET.iter().chain(faults::LIST).chain(on_ipvs::LIST)
}

/// Those that any kernel can run, and what they brought along.
static ON_NET: &[Scenario] = &[
    // conforms: C02+ C03+ C04+ C12+ C46+ C47+ C60- C61+ C62+ C69+
    Scenario {
        name: "pair_elect",
        about: "the seeds' pair: one holder, adverts and gratuitous ARP as they must be",
        needs: Needs::Net,
        shape: Shape::Pair,
        seconds: 16,
        run: pair::elect,
    },
    // conforms: C14+ C43+ C49+ C51+ C60+
    Scenario {
        name: "pair_sigterm",
        about: "the master is stopped: the other serves within skew + 0.1 s; back: it preempts",
        needs: Needs::Net,
        shape: Shape::Pair,
        seconds: 16,
        run: pair::sigterm,
    },
    // conforms: C42+ C46+ C60+
    Scenario {
        name: "pair_link_cut",
        about: "the master's cable is cut: the other serves within master-down time + 0.1 s",
        needs: Needs::Net,
        shape: Shape::Pair,
        seconds: 20,
        run: pair::link_cut,
    },
    Scenario {
        name: "pair_kill9",
        about: "all processes of the master are killed, ExecStopPost runs: its VIP is gone in 0.2 s",
        needs: Needs::Net,
        shape: Shape::Pair,
        seconds: 20,
        run: pair::kill9,
    },
    childless::SCENARIO,
    deaths::SCENARIO,
    standstill::SCENARIO,
    lease::SCENARIO,
    ruleset::SCENARIO,
    link_faults::SCENARIO,
    vip_loss::SCENARIO,
    one_way::SCENARIO,
    changeover::ALONE,
    changeover::WHOLE,
    Scenario {
        name: "upgrade",
        about: "the master goes on as another build ten times, pinged every 10 ms: nobody notices",
        needs: Needs::Net,
        shape: Shape::Single,
        seconds: 25,
        run: upgrade::run,
    },
    Scenario {
        name: "upgrade_fast",
        about: "the same at an interval of 0.2 s, version 3",
        needs: Needs::Net,
        shape: Shape::Single,
        seconds: 20,
        run: upgrade::fast,
    },
    Scenario {
        name: "master_master",
        about: "each owns one VIP; either dies, the other owns both; back to one each",
        needs: Needs::Net,
        shape: Shape::Pair,
        seconds: 35,
        run: master_master::run,
    },
    // conforms: C43+ C46+ C49+ C60+
    Scenario {
        name: "wires",
        about: "v2 and v3, IPv4 and IPv6, group and peers, with and without password: over and back",
        needs: Needs::Net,
        shape: Shape::Pair,
        seconds: 35,
        run: wires::run,
    },
    // conforms: C26+
    Scenario {
        name: "rolling",
        about: "a VIP added on one director, then on the other, v2 and v3: never two masters, never none",
        needs: Needs::Net,
        shape: Shape::Pair,
        seconds: 30,
        run: rolling::run,
    },
    Scenario {
        name: "flood",
        about: "100,000 packets a second that nobody may believe, at master and backup: adverts on time, no takeover",
        needs: Needs::Net,
        shape: Shape::Single,
        seconds: 32,
        run: flood::run,
    },
    harm::SCENARIO,
    // conforms: C43+ C46+ C49+ C60+
    Scenario {
        name: "frr",
        about: "FRR's vrrpd as peer, v2 and v3, IPv4 and IPv6, master and backup: over and back",
        needs: Needs::Net,
        shape: Shape::Single,
        seconds: 28,
        run: frr::run,
    },
    Scenario {
        name: "bytes",
        about: "adverts of Holdfast, keepalived and FRR with one configuration, byte for byte",
        needs: Needs::Net,
        shape: Shape::Single,
        seconds: 20,
        run: bytes::run,
    },
    Scenario {
        name: "bfd",
        about: "BFD with keepalived, FRR, and FRR behind a router: a dead neighbour moves the VIP, a flood none",
        needs: Needs::Net,
        shape: Shape::Single,
        seconds: 20,
        run: bfd::run,
    },
    // conforms: C60+ C61+ C62+ C62- C63+
    Scenario {
        name: "no_accept",
        about: "no_accept: ARP answers for the VIPs and nothing else does; no rule is left behind",
        needs: Needs::Net,
        shape: Shape::Pair,
        seconds: 28,
        run: accept::run,
    },
    // conforms: C05+ C15+ C16+ C60+ C61+ C64+ C67+ C69+
    Scenario {
        name: "vmac",
        about: "use_vmac: the VIPs keep the virtual router's MAC address, whoever is master",
        needs: Needs::Net,
        shape: Shape::Pair,
        seconds: 30,
        run: vmac::run,
    },
    Scenario {
        name: "own_links",
        about: "use_ipvlan beside keepalived: made, set anew, removed; a VMAC follows eth0 into a VRF",
        needs: Needs::Ipvs,
        shape: Shape::Single,
        seconds: 28,
        run: own_links::run,
    },
    Scenario {
        name: "wrapped",
        about: "routes with encap ip, ip6, mpls and ila are as keepalived's, come back, and go",
        needs: Needs::Ipvs,
        shape: Shape::Single,
        seconds: 20,
        run: wrapped::run,
    },
    Scenario {
        name: "tracking",
        about: "a sync group that watches a file and an interface moves as one, and back",
        needs: Needs::Net,
        shape: Shape::Pair,
        seconds: 45,
        run: tracking::run,
    },
    Scenario {
        name: "status",
        about: "holdfast status and why of both directors, while processes die and many ask at a time",
        needs: Needs::Net,
        shape: Shape::Single,
        seconds: 35,
        run: control::status,
    },
    // conforms: C21+ C21- C22+ C22- C23+ C23- C25+ C25- C27+ C27- C29- C30+ C30- C32- C49+
    Scenario {
        name: "hostile_adverts",
        about: "malformed and foreign adverts change no timer and no state",
        needs: Needs::Net,
        shape: Shape::Single,
        seconds: 45,
        run: hostile::run,
    },
    Scenario {
        name: "log_words",
        about: "the state-change lines of a pair's life have keepalived's words",
        needs: Needs::Net,
        shape: Shape::Single,
        seconds: 35,
        run: log_words::run,
    },
    Scenario {
        name: "mail",
        about: "mail is keepalived's, line by line; without a mail server nothing is late",
        needs: Needs::Net,
        shape: Shape::Single,
        seconds: 30,
        run: mail::run,
    },
    Scenario {
        name: "doctor",
        about: "holdfast doctor: nothing on a good host, and for each wrong setting its finding",
        needs: Needs::Net,
        shape: Shape::Single,
        seconds: 40,
        run: doctor::run,
    },
    Scenario {
        name: "prepare",
        about: "holdfast realserver and director: ready, ready again, taken back; others' settings and rules stay",
        needs: Needs::Net,
        shape: Shape::Single,
        seconds: 15,
        run: prepare::run,
    },
    Scenario {
        name: "truncated_every_byte",
        about: "the file cut at every byte, each reloaded: the VIP stays, a refusal names its line",
        needs: Needs::Net,
        shape: Shape::Single,
        seconds: 120,
        run: truncated::every_byte,
    },
];
