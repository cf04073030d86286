//! Users and groups, from the machine's own files.

use holdfast_model::{Account, Accounts, Name};
use std::fs;

/// What `/etc/passwd` and `/etc/group` say; none when they cannot be read.
pub(crate) fn read() -> Option<Accounts> {
    let users = fs::read("/etc/passwd").ok()?;
    let groups = fs::read("/etc/group").ok()?;
    let (users, groups) = (
        String::from_utf8_lossy(&users),
        String::from_utf8_lossy(&groups),
    );
    Some(parse(&users, &groups))
}

/// passwd(5), group(5); lines of another form are left out, as the C library does.
fn parse(users: &str, groups: &str) -> Accounts {
    let mut accounts = Accounts::default();
    for line in users.lines() {
        let mut fields = line.split(':');
        let (name, _password) = (fields.next(), fields.next());
        let (uid, gid) = (fields.next(), fields.next());
        let number = |text: Option<&str>| text?.parse().ok();
        if let (Some(name), Some(uid), Some(gid)) = (name, number(uid), number(gid)) {
            accounts.users.push(Account {
                name: Name::from(name),
                uid,
                gid,
                groups: Vec::new(),
            });
        }
    }
    for line in groups.lines() {
        let mut fields = line.split(':');
        let (name, _password) = (fields.next(), fields.next());
        let number = fields.next().and_then(|text| text.parse().ok());
        let (Some(name), Some(number)) = (name, number) else {
            continue;
        };
        accounts.groups.push((Name::from(name), number));
        let members: Vec<&str> = fields.next().unwrap_or_default().split(',').collect();
        for user in &mut accounts.users {
            if members.contains(&user.name.as_str()) {
                user.groups.push(number);
            }
        }
    }
    accounts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_have_their_groups() {
        let users = "root:x:0:0:root:/root:/bin/sh\n# no\nha:x:7:8::/:/bin/false\nbad:x:a:b\n";
        let groups = "root:x:0:\nha:x:8:\nadm:x:4:ha,root\nlog:x:9:ha\n";
        let accounts = parse(users, groups);
        assert_eq!(accounts.users.len(), 2);
        let user = accounts.user("ha").expect("there");
        assert_eq!(
            (user.uid, user.gid, user.groups.as_slice()),
            (7, 8, &[4, 9][..])
        );
        assert_eq!(accounts.group("log"), Some(9));
        assert_eq!(accounts.group("nobody"), None);
    }
}
