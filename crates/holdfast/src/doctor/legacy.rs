//! Rules of iptables-legacy and ip6tables-legacy (`iptables-legacy-save`), read as what `filter`
//! judges: what is not understood may match or not.

use super::filter::{By, Chain, Way};
use serde_json::{Value, json};
use std::fs;
use std::process::{Command, Stdio};

/// Targets behind which the next rule is looked at.
const GOES_ON: [&str; 16] = [
    "LOG",
    "NFLOG",
    "ULOG",
    "MARK",
    "CONNMARK",
    "CT",
    "NOTRACK",
    "TOS",
    "DSCP",
    "TTL",
    "HL",
    "TCPMSS",
    "CLASSIFY",
    "SECMARK",
    "CONNSECMARK",
    "TRACE",
];
/// Extensions whose own options say all that they compare.
const PLAIN: [&str; 4] = ["comment", "conntrack", "state", "pkttype"];

/// One for each family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Program {
    Four,
    Six,
}

impl Program {
    pub(super) const ALL: [Self; 2] = [Self::Four, Self::Six];

    const fn name(self) -> &'static str {
        match self {
            Self::Four => "iptables-legacy",
            Self::Six => "ip6tables-legacy",
        }
    }

    const fn family(self) -> &'static str {
        match self {
            Self::Four => "ip",
            Self::Six => "ip6",
        }
    }
}

/// The chains of input and output, where the kernel has such tables.
///
/// # Errors
/// In words, when there are rules that cannot be read.
pub(super) fn read(program: Program) -> Result<Vec<Chain>, String> {
    let file = format!("/proc/net/{}_tables_names", program.family());
    // readable by root, and there with the module only
    let tables = fs::read_to_string(file).unwrap_or_default();
    if tables.trim().is_empty() {
        return Ok(Vec::new());
    }
    let name = program.name();
    let mut save = Command::new(format!("{name}-save"));
    let output = save.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("rules of {name}: {name}-save: {error}"))?;
    if !output.status.success() {
        return Err(format!("rules of {name}: compare `{name} -S`"));
    }
    Ok(chains(&String::from_utf8_lossy(&output.stdout), program))
}

/// A table while it is read.
#[derive(Default)]
struct Table {
    name: String,
    /// Chains with their policies, `-` of those without.
    chains: Vec<(String, String)>,
    /// `-A` lines: the chain, the rest.
    rules: Vec<(String, Vec<String>)>,
}

/// What the `-save` program prints.
pub(super) fn chains(text: &str, program: Program) -> Vec<Chain> {
    let (mut table, mut all) = (Table::default(), Vec::new());
    for line in text.lines() {
        let mut words = words(line).into_iter();
        let first = words.next().unwrap_or_default();
        match (first.as_str(), first.get(..1)) {
            ("COMMIT", _) => all.extend(core::mem::take(&mut table).base(program)),
            ("-A", _) => {
                let chain = words.next().unwrap_or_default();
                table.rules.push((chain, words.collect()));
            }
            (name, Some("*")) => table.name = name.trim_start_matches('*').to_owned(),
            (name, Some(":")) => {
                let policy = words.next().unwrap_or_default();
                let chain = name.trim_start_matches(':').to_owned();
                table.chains.push((chain, policy));
            }
            _ => {}
        }
    }
    all
}

impl Table {
    /// Those that the kernel begins with.
    fn base(self, program: Program) -> Vec<Chain> {
        let own = self.chains.iter().filter(|(_, policy)| policy == "-");
        let own: Vec<&str> = own.map(|(name, _)| name.as_str()).collect();
        let of = |chain: &str| -> Vec<Vec<Value>> {
            let rules = self.rules.iter().filter(|(its, _)| its == chain);
            rules.map(|(_, words)| rule(words, &own)).collect()
        };
        let base = self.chains.iter().filter_map(|(name, policy)| {
            let way = match name.as_str() {
                "INPUT" => Way::In,
                "OUTPUT" => Way::Out,
                _ => return None,
            };
            Some(Chain {
                name: format!("{} {} {name}", program.name(), self.name),
                family: program.family().to_owned(),
                way,
                drops: policy == "DROP",
                rules: of(name),
                others: own
                    .iter()
                    .map(|chain| ((*chain).to_owned(), of(chain)))
                    .collect(),
                by: By::Legacy(program.name()),
            })
        });
        base.collect()
    }
}

/// As nft writes the same.
fn rule(words: &[String], own: &[&str]) -> Vec<Value> {
    let mut parts = Vec::new();
    let mut words = words.iter().map(String::as_str);
    let mut equal = true;
    while let Some(word) = words.next() {
        if word == "!" {
            equal = false;
            continue;
        }
        let op = if core::mem::replace(&mut equal, true) {
            "=="
        } else {
            "!="
        };
        let mut is = |left: Value, right: Value| {
            parts.push(json!({"match": {"op": op, "left": left, "right": right}}));
        };
        let meta = |key: &str| json!({"meta": {"key": key}});
        match word {
            "-p" => is(meta("l4proto"), protocol(words.next().unwrap_or_default())),
            "-i" => is(meta("iifname"), interface(words.next().unwrap_or_default())),
            "-o" => is(meta("oifname"), interface(words.next().unwrap_or_default())),
            "-d" => {
                let address = words.next().unwrap_or_default();
                let protocol = if address.contains(':') { "ip6" } else { "ip" };
                let left = json!({"payload": {"protocol": protocol, "field": "daddr"}});
                is(left, network(address));
            }
            "--ctstate" | "--state" => {
                let states = words.next().unwrap_or_default().to_ascii_lowercase();
                let states: Vec<&str> = states.split(',').collect();
                is(json!({"ct": {"key": "state"}}), json!(states));
            }
            "--pkt-type" => is(meta("pkttype"), json!(words.next().unwrap_or_default())),
            "--comment" => drop(words.next()),
            "-m" => parts.extend(extension(words.next().unwrap_or_default())),
            "-j" | "-g" => {
                let target = words.next().unwrap_or_default();
                parts.extend(verdict(word, target, own));
                return parts;
            }
            word if word.starts_with('-') => parts.push(json!({"xt": null})),
            // a value of what is not understood
            _ => {}
        }
    }
    parts
}

/// What of an extension stays unknown.
fn extension(name: &str) -> Option<Value> {
    (!PLAIN.contains(&name)).then(|| json!({"xt": null}))
}

fn verdict(word: &str, target: &str, own: &[&str]) -> Vec<Value> {
    match target {
        "ACCEPT" => vec![json!({"accept": null})],
        "DROP" | "REJECT" => vec![json!({"drop": null})],
        "RETURN" => vec![json!({"return": null})],
        other if GOES_ON.contains(&other) => vec![json!({"counter": null})],
        other if own.contains(&other) => {
            let keyword = if word == "-g" { "goto" } else { "jump" };
            vec![json!({keyword: {"target": other}})]
        }
        // a target that may do anything
        _ => vec![json!({"xt": null}), json!({"return": null})],
    }
}

fn protocol(text: &str) -> Value {
    text.parse::<u8>()
        .map_or_else(|_| json!(text), |number| json!(number))
}

fn interface(text: &str) -> Value {
    match text.strip_suffix('+') {
        Some(begin) => json!(format!("{begin}*")),
        None => json!(text),
    }
}

/// `ADDRESS/LENGTH`; a mask that is none stays unknown.
fn network(text: &str) -> Value {
    match text.split_once('/') {
        Some((address, length)) => match length.parse::<u8>() {
            Ok(length) => json!({"prefix": {"addr": address, "len": length}}),
            Err(_) => Value::Null,
        },
        None => json!(text),
    }
}

/// Words, of which some stand in double quotes.
fn words(line: &str) -> Vec<String> {
    let (mut all, mut word) = (Vec::new(), String::new());
    let (mut inside, mut begun) = (false, false);
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if inside => word.extend(letters.next()),
            '"' => (inside, begun) = (!inside, true),
            ' ' if !inside => {
                if begun {
                    all.push(core::mem::take(&mut word));
                }
                begun = false;
            }
            other => {
                word.push(other);
                begun = true;
            }
        }
    }
    if begun {
        all.push(word);
    }
    all
}
