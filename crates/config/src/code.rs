//! Codes of this crate's findings.
//!
//! | codes | about |
//! |---|---|
//! | `HF02..` | keywords |
//! | `HF03..` | values |
//! | `HF04..` | VRRP instances |
//! | `HF05..` | virtual servers, real servers, checkers |
//! | `HF06..` | reloads |
//! | `HF07..` | advice over the whole file |
//! | `HF08..` | Holdfast's own settings |
//! | `HF09..` | not supported yet; never counts for an exit code |

/// A keyword that nobody knows.
pub const UNKNOWN_KEYWORD: &str = "HF0201";
/// A keyword without the value it needs: keepalived exits.
pub const MISSING_PARAMETER: &str = "HF0202";
/// A block keyword without `{`.
pub const MISSING_OPEN: &str = "HF0203";
/// A `{` after a keyword that has no block.
pub const UNEXPECTED_BLOCK: &str = "HF0204";
/// A keyword that is given twice in a block.
pub const GIVEN_TWICE: &str = "HF0205";
/// An old spelling.
pub const DEPRECATED: &str = "HF0206";
/// A value is missing where keepalived carries on without it.
pub const MISSING_VALUE: &str = "HF0207";
/// Words that do not count although they look as if they did.
pub const SURPLUS: &str = "HF0208";

/// Not a number, or out of range.
pub const NUMBER: &str = "HF0301";
/// Not an IP address.
pub const ADDRESS: &str = "HF0302";
/// A word that is none of the choices.
pub const CHOICE: &str = "HF0303";
/// A value longer than it can be.
pub const TOO_LONG: &str = "HF0304";
/// An address of the other family.
pub const FAMILY: &str = "HF0305";
/// A word in an address line that means nothing.
pub const ADDRESS_WORD: &str = "HF0306";
/// The same address twice.
pub const SAME_ADDRESS: &str = "HF0307";

/// An instance without a name.
pub const NO_NAME: &str = "HF0401";
/// Two instances with one name.
pub const SAME_NAME: &str = "HF0402";
/// An instance without a virtual router id: keepalived exits.
pub const NO_VRID: &str = "HF0403";
/// Two instances with one virtual router id on one interface: keepalived exits.
pub const SAME_VRID: &str = "HF0404";
/// An interface that does not exist: keepalived exits.
pub const NO_INTERFACE: &str = "HF0405";
/// An interface that cannot carry adverts.
pub const INTERFACE_KIND: &str = "HF0406";
/// An instance without addresses.
pub const NO_ADDRESS: &str = "HF0407";
/// Preemption settings that exclude each other.
pub const PREEMPTION: &str = "HF0408";
/// An interval that version 2 cannot carry.
pub const INTERVAL: &str = "HF0409";
/// Authentication without a password.
pub const NO_PASSWORD: &str = "HF0410";

/// The same thing is watched twice.
pub const SAME_TRACK: &str = "HF0411";
/// A name that nothing above the line defines.
pub const NOT_DEFINED: &str = "HF0412";
/// A block that does not say what it is about.
pub const NO_SUBJECT: &str = "HF0413";
/// A line of a route.
pub const ROUTE: &str = "HF0414";
/// A line of a rule.
pub const RULE: &str = "HF0415";
/// A sync group that is none.
pub const GROUP: &str = "HF0416";
/// Weights inside a sync group, or for an address owner.
pub const USELESS_WEIGHT: &str = "HF0417";
/// A unicast keyword without peers.
pub const UNICAST: &str = "HF0418";
/// A macvlan or ipvlan interface that cannot be as it is asked for.
pub const VMAC: &str = "HF0419";
/// Something that strict mode does not allow.
pub const STRICT: &str = "HF0420";
/// Unicast without an interface.
pub const PLACELESS: &str = "HF0426";
/// A lease that would run out between two adverts.
pub const LEASE: &str = "HF0427";
/// Authentication where the version has none.
pub const AUTHENTICATION: &str = "HF0421";
/// Keys of `auth_hmac`.
pub const HMAC: &str = "HF0425";

/// A network namespace that does not exist.
pub const NO_NAMESPACE: &str = "HF0422";
/// A script cannot be run as written; keepalived leaves it out and says nothing in a test.
pub const SCRIPT: &str = holdfast_syntax::code::SCRIPT;
/// A static address without the interface that it would be on.
pub const NO_DEFAULT_INTERFACE: &str = "HF0424";

/// A virtual server without protocol.
pub const NO_PROTOCOL: &str = "HF0501";
/// A virtual server without scheduler.
pub const NO_SCHEDULER: &str = "HF0502";
/// A virtual server without forwarding method.
pub const NO_METHOD: &str = "HF0503";
/// A virtual server without real servers.
pub const NO_REAL_SERVER: &str = "HF0504";
/// A real server that stands there twice.
pub const SAME_REAL_SERVER: &str = "HF0505";
/// A quorum that cannot be reached.
pub const QUORUM: &str = "HF0506";
/// A port that the forwarding method cannot change.
pub const PORT: &str = "HF0507";
/// Port 0 without persistence.
pub const ZERO_PORT: &str = "HF0508";
/// A protocol for a fwmark.
pub const FWMARK_PROTOCOL: &str = "HF0509";
/// A hysteresis as large as the quorum.
pub const HYSTERESIS: &str = "HF0510";
/// `ops` without UDP.
pub const OPS: &str = "HF0513";
/// A regular expression, or what belongs to one.
pub const REGEX: &str = "HF0518";
/// TLS is meant, and not spoken.
pub const NO_TLS: &str = "HF0519";
/// HTTP/2 has no place for it.
pub const HTTP2: &str = "HF0520";
/// A url without path.
pub const NO_PATH: &str = "HF0511";
/// A checker without url.
pub const NO_URL: &str = "HF0512";

/// The new file has nothing to run.
pub const NOTHING_TO_RUN: &str = "HF0601";

/// An address belongs to two instances.
pub const TWO_OWNERS: &str = "HF0701";
/// Nobody owns a virtual server's address.
pub const NOBODY_OWNS: &str = "HF0702";
/// Priority 255 and state BACKUP.
pub const FIXED_OWNER: &str = "HF0703";
/// A password out of a sample.
pub const KNOWN_PASSWORD: &str = "HF0704";
/// An advert longer than the MTU.
pub const MANY_ADDRESSES: &str = "HF0705";
/// Persistence and hashing.
pub const ALREADY_STUCK: &str = "HF0711";
/// Checks more than ten times a second.
pub const ALWAYS_ASKING: &str = "HF0712";
/// Every real server has weight 0.
pub const EMPTY_WEIGHTS: &str = "HF0713";
/// NAT inside one subnet.
pub const NAT_IN_ONE_SUBNET: &str = "HF0714";
/// A real server with the virtual server's address.
pub const OWN_ADDRESS: &str = "HF0715";
/// Persistence shorter than the time between checks.
pub const PERSISTENCE_BELOW_DELAY: &str = "HF0716";
/// HTTP_GET on port 443.
pub const PLAIN_ON_TLS: &str = "HF0717";
/// A check that waits longer than its interval.
pub const SLOW_CHECK: &str = "HF0718";
/// The sorry server is a real server.
pub const SORRY_IS_REAL: &str = "HF0719";
/// `sh` where `mh` serves better.
pub const SOURCE_HASH: &str = "HF0720";
/// A UDP service checked by TCP.
pub const TCP_FOR_UDP: &str = "HF0721";
/// Real servers without a check.
pub const UNCHECKED: &str = "HF0722";
/// Weights that nobody looks at.
pub const USELESS_WEIGHTS: &str = "HF0723";

/// Programs that do not exist.
pub const NO_PROGRAM: &str = "HF0731";
/// A program that nobody may execute.
pub const NOT_EXECUTABLE: &str = "HF0732";
/// A program that is no file.
pub const NOT_A_FILE: &str = "HF0733";
/// A program that others than root can replace.
pub const LOOSE_PROGRAM: &str = "HF0734";

/// `silence` for what is more than advice.
pub const SILENCE: &str = "HF0801";
/// `holdfast.conf` beside the main file with more than `holdfast { }`.
pub const BESIDE: &str = "HF0802";
/// A login at the mail server that cannot be.
pub const MAIL_LOGIN: &str = "HF0803";

/// A keyword of keepalived that does nothing here yet.
pub const UNBUILT: &str = "HF0902";
/// An instance that is left out, since running it otherwise would be wrong.
pub const UNBUILT_INSTANCE: &str = "HF0903";
/// Two virtual servers with one identity.
pub const SAME_VIRTUAL_SERVER: &str = "HF0904";
/// A mask whose ones are not all in front.
pub const MASK: &str = "HF0905";
