//! The words after `holdfast realserver` and `holdfast director`.

use crate::cli::UsageError;
use crate::run::RUN_DIR;
use lexopt::{Arg, Parser};
use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// Make it so.
    Start,
    /// Take back what a start changed.
    Stop,
    /// Say whether it is so.
    Status,
}

/// A net.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Net {
    pub(super) address: IpAddr,
    pub(super) prefix: u8,
}

/// One call.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) verb: Verb,
    /// `--vip`.
    pub(super) vips: Vec<IpAddr>,
    /// `--tunnel`.
    pub(super) tunnel: bool,
    /// `--arptables`.
    pub(super) rules: bool,
    /// `--gateway` of a real server behind NAT: directors.
    pub(super) gateways: Vec<IpAddr>,
    /// `--nat NET` of a director.
    pub(super) net: Option<Net>,
    /// `--dr`.
    pub(super) direct: bool,
    pub(super) run_dir: PathBuf,
}

impl Request {
    fn read(arguments: Vec<OsString>, own: &[&str]) -> Result<Self, UsageError> {
        let mut verb = None;
        let mut request = Self {
            verb: Verb::Status,
            vips: Vec::new(),
            tunnel: false,
            rules: false,
            gateways: Vec::new(),
            net: None,
            direct: false,
            run_dir: RUN_DIR.into(),
        };
        let mut nat = false;
        let mut parser = Parser::from_args(arguments);
        let broken = |error: lexopt::Error| UsageError::Unexpected(error.to_string());
        while let Some(argument) = parser.next().map_err(broken)? {
            match argument {
                Arg::Long("run-dir") => {
                    let value = parser.value().map_err(|_| UsageError::Missing("run-dir"))?;
                    request.run_dir = value.into();
                }
                Arg::Long("vip") if own.contains(&"vip") => {
                    let value = parser.value().map_err(|_| UsageError::Missing("vip"))?;
                    request
                        .vips
                        .extend(addresses("vip", &value.to_string_lossy())?);
                }
                Arg::Long("nat") if own.contains(&"nat") => {
                    let value = parser.value().map_err(|_| UsageError::Missing("nat"))?;
                    request.net = Some(net(&value.to_string_lossy())?);
                }
                Arg::Long("nat") if own.contains(&"gateway") => nat = true,
                Arg::Long("gateway") if own.contains(&"gateway") => {
                    let value = parser.value().map_err(|_| UsageError::Missing("gateway"))?;
                    let list = addresses("gateway", &value.to_string_lossy())?;
                    request.gateways.extend(list);
                }
                Arg::Long("tunnel") if own.contains(&"tunnel") => request.tunnel = true,
                Arg::Long("arptables") if own.contains(&"vip") => request.rules = true,
                Arg::Long("dr") if own.contains(&"dr") => request.direct = true,
                Arg::Value(word) if verb.is_none() => verb = Some(self::verb(&word)?),
                other => return Err(UsageError::Unexpected(other.unexpected().to_string())),
            }
        }
        if nat == request.gateways.is_empty() {
            return Err(UsageError::Words(
                "--nat and --gateway ADDRESS[,ADDRESS]... (the directors' addresses on this net) go together",
            ));
        }
        request.verb = verb.ok_or(UsageError::Words("say start, stop or status"))?;
        Ok(request)
    }

    /// `start|stop|status [--vip A[,B]] [--tunnel] [--arptables] [--nat --gateway A[,B]] [--run-dir DIR]`; a start
    /// needs a VIP or a gateway.
    pub(super) fn real_server(arguments: Vec<OsString>) -> Result<Self, UsageError> {
        let request = Self::read(arguments, &["vip", "tunnel", "gateway"])?;
        let nothing = request.vips.is_empty() && request.gateways.is_empty();
        if request.verb == Verb::Start && nothing {
            return Err(UsageError::Words(
                "realserver start needs --vip ADDRESS[,ADDRESS]..., or --nat --gateway ADDRESS",
            ));
        }
        Ok(request)
    }

    /// `start|stop|status [--nat NET | --dr] [--run-dir DIR]`; a start needs one of the two.
    pub(super) fn director(arguments: Vec<OsString>) -> Result<Self, UsageError> {
        let request = Self::read(arguments, &["nat", "dr"])?;
        let both = request.net.is_some() && request.direct;
        let neither = request.net.is_none() && !request.direct;
        if both || (neither && request.verb == Verb::Start) {
            return Err(UsageError::Words(
                "director start needs --nat NET/PREFIX (the real servers' net), or --dr",
            ));
        }
        Ok(request)
    }
}

fn verb(word: &OsString) -> Result<Verb, UsageError> {
    match word.to_str() {
        Some("start") => Ok(Verb::Start),
        Some("stop") => Ok(Verb::Stop),
        Some("status") => Ok(Verb::Status),
        _ => Err(UsageError::Unexpected(word.to_string_lossy().into_owned())),
    }
}

fn addresses(option: &'static str, text: &str) -> Result<Vec<IpAddr>, UsageError> {
    let wrong = |value: &str| UsageError::Invalid {
        option,
        value: value.to_owned(),
    };
    let usable = |address: &IpAddr| !address.is_unspecified() && !address.is_multicast();
    text.split(',')
        .map(|word| {
            let word = word.trim();
            // one address, with or without /32 or /128
            let plain = word.strip_suffix("/32").or(word.strip_suffix("/128"));
            let address = plain.unwrap_or(word).parse().ok();
            address.filter(usable).ok_or_else(|| wrong(word))
        })
        .collect()
}

/// `ADDRESS/PREFIX`.
pub(super) fn net(text: &str) -> Result<Net, UsageError> {
    let wrong = || UsageError::Invalid {
        option: "nat",
        value: text.to_owned(),
    };
    let (address, prefix) = text.split_once('/').ok_or_else(wrong)?;
    let address: IpAddr = address.parse().map_err(|_| wrong())?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let prefix = prefix
        .parse()
        .ok()
        .filter(|prefix| (1..=longest).contains(prefix));
    let prefix = prefix.ok_or_else(wrong)?;
    Ok(Net { address, prefix })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn calls() {
        let request = Request::real_server(words("start --vip 10.0.0.1/32,fd00::1 --tunnel"));
        let request = request.unwrap();
        assert_eq!((request.verb, request.tunnel), (Verb::Start, true));
        assert_eq!(request.vips.len(), 2);
        let request = Request::director(words("start --nat 10.1.0.0/16 --run-dir /x")).unwrap();
        assert_eq!(request.net.map(|net| net.prefix), Some(16));
        assert!(Request::director(words("stop")).is_ok());
        let request = Request::real_server(words("start --nat --gateway 10.1.0.254,fd00::fe"));
        assert_eq!(request.unwrap().gateways.len(), 2);
        for wrong in [
            "start",
            "start --vip 10.0.0",
            "go --vip 10.0.0.1",
            "start --dr",
            "start stop",
            "start --nat",
            "start --gateway 10.1.0.254",
            "start --vip 10.0.0.1 --nat",
            "start --nat --gateway 0.0.0.0",
            "start --nat 10.0.0.0/8",
        ] {
            assert!(Request::real_server(words(wrong)).is_err(), "{wrong}");
        }
        for wrong in [
            "start",
            "start --nat 10.0.0.0",
            "start --dr --nat 10.0.0.0/8",
            "x",
        ] {
            assert!(Request::director(words(wrong)).is_err(), "{wrong}");
        }
    }
}
