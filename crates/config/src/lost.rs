//! What keepalived would not have run. It loses its place at a block that it does not know, at one
//! without `{`, and at braces where none belong: the next `}` then closes the block around it, and
//! what follows is read one level too far out. We keep our place, so we run more of such a file.
//!
//! keepalived's way is followed here over the braces alone; measured on 2.2.7.

use crate::block::ROOT_NAME;
use crate::code;
use crate::rooms::{Entry, Inside, Rooms};
use crate::table::Built;
use holdfast_syntax::{Findings, Item, Items, Piece, Severity, Span, Tree, code as syntax};
use std::collections::{BTreeMap, BTreeSet};

/// Settings that one entry names; the rest is counted.
const NAMED: usize = 4;
/// Bytes of a line in its name.
const NAME_LENGTH: usize = 60;

/// Something that we run and keepalived would not have run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Its name, such as `real_server 192.0.2.1 80 of virtual_server 10.0.0.1 80`.
    pub what: String,
    /// Its line.
    pub span: Span,
    /// Why: the first word of the line where keepalived loses its place, or that line's `{`.
    pub(crate) cause: [Option<Span>; 2],
}

/// Is there anything at which keepalived would lose its place?
pub(crate) fn is_possible(shifted: bool, findings: &Findings) -> bool {
    let is_brace = |code| matches!(code, syntax::EXTRA_OPEN | syntax::EXTRA_CLOSE);
    shifted || findings.iter().any(|finding| is_brace(finding.code))
}

/// All of it. `original` is the text as it stands, `read` the tree that was compiled; `running` are
/// the blocks that run.
pub(crate) fn find(
    original: &Tree<'_>,
    read: &Tree<'_>,
    findings: &Findings,
    running: &[Span],
) -> Vec<Lost> {
    let rooms = Rooms::all();
    let errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error);
    let mut list = Vec::new();
    for process in [Process::Vrrp, Process::Check] {
        let mut search = Search {
            rooms,
            reader: Reader::run(original, rooms, process),
            running: running
                .iter()
                .map(|block| (block.file, block.start))
                .collect(),
            errors: errors
                .clone()
                .map(|e| (e.span.file, e.span.start))
                .collect(),
            list: &mut list,
        };
        let own = read.items().filter(|item| !process.skips(item.keyword()));
        search.visit(own, ROOT_NAME, None, "");
    }
    list
}

/// A check without url ends keepalived's health checker by a memory fault, again and again.
pub(crate) fn crash(findings: &Findings) -> Option<Lost> {
    let mut causes = findings
        .iter()
        .filter(|finding| finding.code == code::NO_URL);
    causes.next().map(|finding| Lost {
        what: "any virtual_server: its health checker crashes at a check without url".to_owned(),
        span: finding.span,
        cause: [Some(finding.span), None],
    })
}

/// Says it at the findings that are the reason.
pub(crate) fn blame(findings: &mut Findings, lost: &[Lost]) {
    findings.amend(|finding| {
        let reason = matches!(
            finding.code,
            code::UNKNOWN_KEYWORD
                | code::NO_URL
                | code::UNEXPECTED_BLOCK
                | code::MISSING_OPEN
                | syntax::EXTRA_OPEN
        );
        let blamed = lost.iter().filter(|lost| {
            let same =
                |cause: &Span| (cause.file, cause.start) == (finding.span.file, finding.span.start);
            reason && lost.cause.iter().flatten().any(same)
        });
        finding
            .lost
            .extend(blamed.map(|lost| (lost.span, lost.what.clone())));
    });
}

/// Each of keepalived's processes skips the blocks of the others, brace by brace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Process {
    Vrrp,
    Check,
}

impl Process {
    fn skips(self, keyword: &[u8]) -> bool {
        let lvs = keyword.starts_with(b"virtual_server") || keyword == b"SSL";
        match self {
            Self::Vrrp => lvs,
            Self::Check => !lvs,
        }
    }
}

/// Where keepalived reads each line.
#[derive(Debug)]
struct Reader<'t, 's> {
    /// Of each line that it knows: the line whose block it takes it for.
    places: BTreeMap<usize, Option<usize>>,
    /// Of each line: where the place was last lost before it.
    causes: BTreeMap<usize, Item<'t, 's>>,
    /// Open blocks, the file among them, and the line of each.
    stack: Vec<(Inside, Option<usize>)>,
    /// A `{` is awaited: of a block, or of one to skip.
    awaited: Option<Awaited<'t, 's>>,
    /// Open blocks inside one that is skipped, that one included.
    skipped: usize,
    cause: Option<Item<'t, 's>>,
}

#[derive(Debug, Clone, Copy)]
enum Awaited<'t, 's> {
    Block(Item<'t, 's>),
    Skipped,
}

impl<'t, 's> Reader<'t, 's> {
    fn run(tree: &'t Tree<'s>, rooms: &Rooms, process: Process) -> Self {
        let mut reader = Self {
            places: BTreeMap::new(),
            causes: BTreeMap::new(),
            stack: vec![(Inside::Room(ROOT_NAME), None)],
            awaited: None,
            skipped: 0,
            cause: None,
        };
        for piece in tree.pieces() {
            match piece {
                Piece::Line(item) if reader.skipped == 0 => reader.line(item, rooms, process),
                Piece::Open(item) => reader.open(item),
                Piece::Close(_) => reader.close(),
                Piece::Line(_) => {}
            }
        }
        reader
    }

    fn line(&mut self, item: Item<'t, 's>, rooms: &Rooms, process: Process) {
        if let Some(Awaited::Block(block)) = self.awaited.take() {
            self.cause = self.cause.or(Some(block));
        }
        if let Some(cause) = self.cause {
            self.causes.insert(item.index(), cause);
        }
        let (here, owner) = self
            .stack
            .last()
            .copied()
            .unwrap_or((Inside::Nothing, None));
        let room = match here {
            Inside::Room(room) => room,
            Inside::List | Inside::Nothing => {
                self.places.insert(item.index(), owner);
                return;
            }
        };
        let keyword = item.keyword();
        // ours alone
        let known = rooms.find(room, keyword).filter(|_| keyword != b"holdfast");
        let Some(entry) = known else { return };
        if self.stack.len() == 1 {
            // a block of its own: the place is found again
            self.cause = None;
        }
        self.places.insert(item.index(), owner);
        if room == ROOT_NAME && process.skips(keyword) && keyword != b"global_defs" {
            self.awaited = Some(Awaited::Skipped);
        } else if entry.inside != Inside::Nothing {
            self.stack.push((entry.inside, Some(item.index())));
            self.awaited = Some(Awaited::Block(item));
        }
    }

    fn open(&mut self, item: Item<'t, 's>) {
        if self.skipped > 0 {
            self.skipped += 1;
            return;
        }
        match self.awaited.take() {
            Some(Awaited::Block(_)) => {}
            Some(Awaited::Skipped) => self.skipped = 1,
            None => self.cause = self.cause.or(Some(item)),
        }
    }

    fn close(&mut self) {
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        self.awaited = None;
        if self.stack.len() > 1 {
            self.stack.pop();
        }
    }
}

/// What we read, beside what keepalived reads.
struct Search<'l, 't, 's> {
    rooms: &'l Rooms,
    reader: Reader<'t, 's>,
    /// Where the blocks start that run.
    running: BTreeSet<Start>,
    /// Where the errors are.
    errors: BTreeSet<Start>,
    list: &'l mut Vec<Lost>,
}

type Start = (holdfast_syntax::FileId, u32);

impl<'s> Search<'_, '_, 's> {
    /// The items of one block, `of` which is how its name goes on.
    fn visit<'i>(
        &mut self,
        items: impl Iterator<Item = Item<'i, 's>>,
        room: &'static str,
        parent: Option<usize>,
        of: &str,
    ) where
        's: 'i,
    {
        let mut settings: Vec<Item<'i, 's>> = Vec::new();
        for item in items {
            let Some(entry) = self.rooms.find(room, item.keyword()) else {
                continue;
            };
            if room == ROOT_NAME && !self.runs(item) {
                continue;
            }
            if self.reader.places.get(&item.index()) == Some(&parent) {
                self.inside(item, entry, room, parent, of);
            } else if entry.built == Built::Works && !self.is_wrong(item) {
                match entry.inside {
                    Inside::Nothing => settings.push(item),
                    Inside::Room(_) | Inside::List => self.add(item, name(item) + of),
                }
            }
        }
        if let Some(first) = settings.first() {
            let named: Vec<String> = settings.iter().take(NAMED).map(keyword).collect();
            let more = settings.len().saturating_sub(NAMED);
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            self.add(*first, format!("{}{more}{of}", named.join(", ")));
        }
    }

    fn inside(
        &mut self,
        item: Item<'_, 's>,
        entry: Entry,
        room: &'static str,
        parent: Option<usize>,
        of: &str,
    ) {
        let inner = format!(" of {}", name(item));
        match entry.inside {
            // its braces count for nothing
            Inside::Nothing => self.visit(item.items(), room, parent, of),
            Inside::Room(room) => self.visit(item.items(), room, Some(item.index()), &inner),
            Inside::List if entry.built == Built::Works => self.values(item.items(), item, of),
            Inside::List => {}
        }
    }

    fn values(&mut self, items: Items<'_, 's>, list: Item<'_, 's>, of: &str) {
        for item in items {
            let place = self.reader.places.get(&item.index());
            if place != Some(&Some(list.index())) && !self.is_wrong(item) {
                self.add(item, format!("{} {}{of}", keyword(&list), name(item)));
            }
        }
    }

    /// A block of the model's, or one that has no say in it.
    fn runs(&self, item: Item<'_, '_>) -> bool {
        let head = item.head();
        let is_object = matches!(item.keyword(), b"vrrp_instance" | b"virtual_server");
        !is_object || self.running.contains(&(head.file, head.start))
    }

    /// An error is in its line: we do not run it either.
    fn is_wrong(&self, item: Item<'_, '_>) -> bool {
        let head = item.head();
        let from = (head.file, head.start);
        self.errors
            .range(from..(head.file, head.end))
            .next()
            .is_some()
    }

    fn add(&mut self, item: Item<'_, '_>, what: String) {
        let cause = self.reader.causes.get(&item.index());
        let cause = cause.map(|cause| [Some(cause.word_span(0)), cause.open()]);
        self.list.push(Lost {
            what,
            span: item.head(),
            cause: cause.unwrap_or_default(),
        });
    }
}

fn keyword(item: &Item<'_, '_>) -> String {
    item.text(0).unwrap_or_default().into_owned()
}

/// Its words.
fn name(item: Item<'_, '_>) -> String {
    let words: Vec<_> = (0..item.len())
        .filter_map(|index| item.text(index))
        .collect();
    let mut name = words.join(" ");
    if name.len() > NAME_LENGTH {
        let end = name.floor_char_boundary(NAME_LENGTH);
        name.truncate(end);
        name.push_str("...");
    }
    name
}
