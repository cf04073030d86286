//! Which options a command takes, and which a tunnel.

use crate::error::UsageError;
use crate::options::Opt;
use Opt as O;

/// What one command takes. Everything else is illegal.
struct Rule {
    needs: &'static [Opt],
    takes: &'static [Opt],
    /// At most one of these.
    one_of: &'static [Opt],
}

const NOTHING: Rule = Rule {
    needs: &[],
    takes: &[],
    one_of: &[],
};

const SERVICE: Rule = Rule {
    needs: &[O::TcpService],
    takes: &[
        O::Scheduler,
        O::Persistent,
        O::Netmask,
        O::Ops,
        O::Engine,
        O::SchedFlags,
    ],
    one_of: &[],
};

const SERVER: Rule = Rule {
    needs: &[O::TcpService, O::RealServer],
    takes: &[
        O::Gatewaying,
        O::Weight,
        O::Uthreshold,
        O::Lthreshold,
        O::TunType,
        O::TunPort,
        O::TunNocsum,
        O::TunCsum,
        O::TunRemcsum,
    ],
    one_of: &[],
};

const LIST: Rule = Rule {
    takes: &[
        O::Numeric,
        O::Stats,
        O::Rate,
        O::Thresholds,
        O::PersistentConn,
        O::NoSort,
        O::Exact,
        O::TunInfo,
    ],
    one_of: &[O::TcpService, O::Connection, O::Timeout, O::Daemon],
    ..NOTHING
};

const START_DAEMON: Rule = Rule {
    takes: &[
        O::McastInterface,
        O::SyncId,
        O::McastGroup,
        O::McastPort,
        O::McastTtl,
        O::SyncMaxlen,
    ],
    ..NOTHING
};

fn rule(command: Opt) -> Rule {
    match command {
        O::AddService | O::EditService => SERVICE,
        O::DeleteService => Rule {
            needs: &[O::TcpService],
            ..NOTHING
        },
        O::AddServer | O::EditServer => SERVER,
        O::DeleteServer => Rule {
            needs: &[O::TcpService, O::RealServer],
            ..NOTHING
        },
        O::List => LIST,
        O::Save => Rule {
            takes: &[O::Numeric],
            ..NOTHING
        },
        O::Zero => Rule {
            takes: &[O::TcpService],
            ..NOTHING
        },
        O::StartDaemon => START_DAEMON,
        O::StopDaemon => Rule {
            takes: &[O::SyncId],
            ..NOTHING
        },
        _others => NOTHING,
    }
}

/// Whether `command` takes the kinds of options in `given`.
pub(crate) fn check(command: Opt, given: &[Opt]) -> Result<(), UsageError> {
    let rule = rule(command);
    let who = command.row().long;
    compare(who, &rule, given)?;
    let has = |options: &[Opt]| options.iter().any(|option| given.contains(option));
    let table_only = has(&[O::Stats, O::Rate, O::Thresholds]);
    if command == O::List
        && ((has(&[O::Connection, O::Timeout, O::Daemon]) && table_only)
            || (has(&[O::Timeout, O::Daemon]) && has(&[O::PersistentConn])))
    {
        return Err(UsageError::Rule(
            "--list: --stats, --rate, --thresholds and --persistent-conn say how the table is \
            listed; they do not go with -c (but for --persistent-conn), --timeout or --daemon",
        ));
    }
    Ok(())
}

/// What errors call the tunnels.
pub(crate) const IPIP: &str = "an ipip tunnel";
pub(crate) const GUE: &str = "a gue tunnel";
pub(crate) const GRE: &str = "a gre tunnel";

/// Whether a tunnel of that type takes the options of tunnels in `given`.
pub(crate) fn check_tunnel(who: &'static str, given: &[Opt]) -> Result<(), UsageError> {
    const CHECKSUM: &[Opt] = &[O::TunNocsum, O::TunCsum];
    const CHECKSUMS: &[Opt] = &[O::TunNocsum, O::TunCsum, O::TunRemcsum];
    let rule = match who {
        GUE => Rule {
            needs: &[O::TunPort],
            one_of: CHECKSUMS,
            ..NOTHING
        },
        GRE => Rule {
            one_of: CHECKSUM,
            ..NOTHING
        },
        _ipip => NOTHING,
    };
    let of_tunnels = [O::TunPort, O::TunNocsum, O::TunCsum, O::TunRemcsum];
    let given: Vec<Opt> = given
        .iter()
        .copied()
        .filter(|option| of_tunnels.contains(option))
        .collect();
    compare(who, &rule, &given)
}

fn compare(who: &'static str, rule: &Rule, given: &[Opt]) -> Result<(), UsageError> {
    if let Some(missing) = rule.needs.iter().find(|need| !given.contains(need)) {
        let option = missing.label();
        return Err(UsageError::Needs { who, option });
    }
    let mut exclusive = None;
    for option in given {
        if rule.one_of.contains(option) {
            if let Some(other) = exclusive.replace(option.label()) {
                let one = option.label();
                return Err(UsageError::Conflict { who, one, other });
            }
        } else if !rule.needs.contains(option) && !rule.takes.contains(option) {
            let option = option.label();
            return Err(UsageError::Illegal { who, option });
        }
    }
    Ok(())
}
