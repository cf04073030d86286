//! Which real server somebody means.

use holdfast_health::Pool;
use holdfast_model::{RealServerKey, VirtualServerKey};

/// So many names are listed where none fits.
const LISTED: usize = 12;

/// Finds a real server by the names that people give it and its virtual server; or says what there
/// is instead.
pub(super) fn find(pool: &Pool, server: &str, real: &str) -> Result<RealServerKey, String> {
    let keys: Vec<&VirtualServerKey> = pool.views().map(|view| &view.config().key).collect();
    let key = one("virtual server", server, &keys, |key, text| {
        (key.spoken(), key.is_called(text))
    })?;
    let view = pool.view(key).ok_or("it is gone")?;
    let servers = view.config().real_servers.iter();
    let reals: Vec<&RealServerKey> = servers.map(|server| &server.key).collect();
    let what = format!("real server of {}", key.spoken());
    let real = one(&what, real, &reals, |real, text| {
        (real.spoken(), real.is_called(text))
    })?;
    Ok((*real).clone())
}

/// The one that is called so; whose whole name it is comes before the others.
fn one<'a, T>(
    what: &str,
    text: &str,
    all: &[&'a T],
    of: impl Fn(&T, &str) -> (String, bool),
) -> Result<&'a T, String> {
    let named: Vec<(&T, String, bool)> = all
        .iter()
        .map(|each| {
            let (name, called) = of(each, text);
            (*each, name, called)
        })
        .collect();
    if let Some((whole, ..)) = named.iter().find(|(_, name, _)| name == text) {
        return Ok(whole);
    }
    let called: Vec<_> = named.iter().filter(|(_, _, called)| *called).collect();
    match called.as_slice() {
        [(found, ..)] => Ok(found),
        [] => Err(format!(
            "no {what} is called '{text}': {}",
            list(named.iter().map(|(_, name, _)| name.as_str()))
        )),
        several => {
            let names: Vec<&str> = several.iter().map(|(_, name, _)| name.as_str()).collect();
            let names = names.join(" or ");
            Err(format!("'{text}' is not enough: say {names}"))
        }
    }
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    let (first, rest) = names.split_at(names.len().min(LISTED));
    match (first, rest.len()) {
        ([], _) => "there is none".to_owned(),
        (first, 0) => format!("there are {}", first.join(", ")),
        (first, more) => format!("there are {} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::one;

    fn called(text: &str, all: &[&'static str]) -> Result<&'static str, String> {
        let all: Vec<&&'static str> = all.iter().collect();
        let found = one("thing", text, &all, |name, text| {
            ((*name).to_owned(), name.contains(text))
        });
        found.copied()
    }

    #[test]
    fn what_is_meant_or_what_there_is() {
        let things = ["a:80", "a:80/udp", "b"];
        assert_eq!(called("b", &things), Ok("b"));
        assert_eq!(called("a:80", &things), Ok("a:80"), "the whole name");
        assert_eq!(
            called("a", &things),
            Err("'a' is not enough: say a:80 or a:80/udp".to_owned())
        );
        assert_eq!(
            called("x", &things),
            Err("no thing is called 'x': there are a:80, a:80/udp, b".to_owned())
        );
        assert_eq!(
            called("x", &[]),
            Err("no thing is called 'x': there is none".to_owned())
        );
        let many = ["n"; 20];
        let error = called("x", &many).expect_err("none");
        assert!(error.ends_with("n, n and 8 more"), "{error}");
    }
}
