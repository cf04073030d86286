//! What a kind of kernel object has to say for itself.

use core::fmt::Debug;
use core::time::Duration;

/// One kind of kernel object: addresses, IPVS rows.
pub trait Domain: Debug + Clone + PartialEq + Eq + 'static {
    /// The unit of wanting: an instance, a kernel service.
    type Key: Clone + Ord + Debug;
    /// The unit of existing: an address, a row.
    type Id: Clone + Ord + Debug;
    /// What can differ between two objects of one identity.
    type Attr: Clone + Eq + Debug;

    /// Objects that stood there before us stay when they are no longer wanted.
    const KEEP_FOUND: bool;
    /// How failures are retried.
    const RETRY: Retry;

    /// The key an object belongs to, where its identity tells; `None` where only wanting it does.
    fn key_of(id: &Self::Id) -> Option<Self::Key>;

    /// The object that all others of the key hang below, where there is one. Such a key can be
    /// dumped by itself.
    fn root(key: &Self::Key) -> Option<Self::Id>;

    /// Deleting `parent` deletes `id` too. Covered objects sort directly behind their parent.
    fn covers(parent: &Self::Id, id: &Self::Id) -> bool;

    /// The place of an operation within its key: lower first.
    fn rank(id: &Self::Id, act: Act) -> u8;

    /// Whether the kernel can turn `have` into `want` in place; else it is deleted and created.
    fn editable(have: &Self::Attr, want: &Self::Attr) -> bool;

    /// Whether what others do to such an object may stand ([`Patience::Leaves`]).
    fn yields(_: &Self::Id) -> bool {
        false
    }

    /// Whether an object that somebody deletes is put back.
    fn is_missed(_: &Self::Attr) -> bool {
        true
    }

    /// What an error number (positive) says.
    fn verdict(op: &Op<Self::Id, Self::Attr>, errno: i32) -> Verdict<Self::Id>;
}

/// The three things that can be done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// It is not there.
    Create,
    /// It is there with other attributes.
    Edit,
    /// It is to go.
    Delete,
}

/// One operation on one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op<I, A> {
    /// Make it.
    Create(I, A),
    /// Give it these attributes.
    Edit(I, A),
    /// Remove it.
    Delete(I),
}

impl<I, A> Op<I, A> {
    /// The object.
    pub const fn id(&self) -> &I {
        match self {
            Self::Create(id, _) | Self::Edit(id, _) | Self::Delete(id) => id,
        }
    }

    /// What is done to it.
    pub const fn act(&self) -> Act {
        match self {
            Self::Create(..) => Act::Create,
            Self::Edit(..) => Act::Edit,
            Self::Delete(_) => Act::Delete,
        }
    }

    /// The attributes it is to have afterwards.
    pub const fn attr(&self) -> Option<&A> {
        match self {
            Self::Create(_, attr) | Self::Edit(_, attr) => Some(attr),
            Self::Delete(_) => None,
        }
    }
}

/// What a failure says about the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict<I> {
    /// This object stands already: look at it, then plan again.
    Exists(I),
    /// This object (and what hangs below it) is not there: plan again.
    Absent(I),
    /// Nothing; try again later.
    Retry,
    /// It will not work by trying; say so, and try now and then.
    Permanent,
}

/// One object a key has an opinion on: its attributes, or `None` when it must not be there whoever
/// made it (a configured real server that is down, a VIP of a backup at start).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired<I, A> {
    /// Which one.
    pub id: I,
    /// How it is to be.
    pub attr: Option<A>,
}

/// All a key wants, in the order of creation; identities are unique.
pub type Want<D> = Vec<Desired<<D as Domain>::Id, <D as Domain>::Attr>>;

/// Sets the entries `rows` of `want`, by identity; those that it has not come last. Gives back
/// those of `rows` that it had otherwise.
pub fn amend<I, A>(
    want: &mut Vec<Desired<I, A>>,
    mut rows: Vec<Desired<I, A>>,
) -> Vec<Desired<I, A>>
where
    I: Clone + PartialEq,
    A: Clone + PartialEq,
{
    rows.retain(
        |row| match want.iter_mut().find(|desired| desired.id == row.id) {
            Some(desired) if desired.attr == row.attr => false,
            Some(desired) => {
                desired.attr.clone_from(&row.attr);
                true
            }
            None => {
                want.push(row.clone());
                true
            }
        },
    );
    rows
}

/// What becomes of what others change in an applied key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Patience {
    /// All is put back.
    #[default]
    None,
    /// Objects that [yield](Domain::yields) stay as others left them until their want changes, as
    /// long as the key's root stands.
    Leaves,
    /// Nothing is put back.
    All,
}

/// How an object came to be ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// We created it.
    Made,
    /// It stood there when we first wanted it.
    Found,
}

/// Back-off: `first`, doubled at each failure, at most `last`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Before the second attempt.
    pub first: Duration,
    /// Between attempts, at most.
    pub last: Duration,
    /// Failing for so long is reported, once an epoch.
    pub report_after: Duration,
}

impl Retry {
    /// The pause after `failures` (1 or more) in a row.
    pub fn pause(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(16);
        self.first.saturating_mul(1 << doublings).min(self.last)
    }
}
