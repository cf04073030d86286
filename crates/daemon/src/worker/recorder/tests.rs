use super::*;
use holdfast_model::{Event, VrrpModel, drive};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

fn recorder(file: &Path, limit: u64) -> Recorder {
    let file = file.to_owned();
    Recorder::start(Recording { file, limit }).expect("thread")
}

fn begin(recorder: &mut Recorder) {
    let begins = How::Begins(VrrpModel::default());
    recorder.head(Mono::ZERO, begins).expect("head");
}

/// One turn of a router that has nothing to do.
fn tick(recorder: &mut Recorder, router: &mut Router, at: u64) -> Result<(), Over> {
    let (at, input) = (Mono::from_millis(at), Input::Tick);
    let mut turn = recorder.turn(at, &input);
    drive(router, at, input, |action| note(&mut turn, &action));
    recorder.done(turn, at, router)
}

fn lines(file: &Path) -> Vec<Line> {
    let text = fs::read_to_string(file).expect("tape");
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).expect(line))
        .collect()
}

fn lost(line: &Line) -> Option<u64> {
    match line {
        Line::Head(head) => Some(head.lost),
        Line::Turn(_) => None,
    }
}

#[test]
fn what_is_told_and_done_stands_in_the_file_and_nobody_else_reads_it() {
    let directory = tempfile::tempdir().expect("directory");
    let file = directory.path().join("tape");
    fs::write(&file, "half a li").expect("left by another");
    let mut router = Router::new(&VrrpModel::default());
    let mut recorder = recorder(&file, 1 << 20);
    begin(&mut recorder);
    for at in 0..1000 {
        tick(&mut recorder, &mut router, at).expect("room");
    }
    // the end waits for a busy machine's disk only so long
    let until = std::time::Instant::now() + Duration::from_secs(10);
    let written = || fs::read_to_string(&file).expect("tape").lines().count() > 1001;
    while !written() && std::time::Instant::now() < until {
        std::thread::yield_now();
    }
    drop(recorder);
    let text = fs::read_to_string(&file).expect("tape");
    let text = text
        .strip_prefix("half a li\n")
        .expect("on a line of its own");
    fs::write(&file, text).expect("written");
    let lines = lines(&file);
    assert_eq!(lines.len(), 1001);
    assert_eq!(lost(&lines[0]), Some(0));
    let mode = fs::metadata(&file).expect("file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_full_file_gives_way_to_one_that_begins_with_the_router_as_it_stands() {
    let directory = tempfile::tempdir().expect("directory");
    let (file, before) = (
        directory.path().join("tape"),
        directory.path().join("tape.1"),
    );
    let mut router = Router::new(&VrrpModel::default());
    let mut recorder = recorder(&file, 4000);
    begin(&mut recorder);
    let begun = std::time::Instant::now();
    let mut at = 0;
    while !before.exists() {
        assert!(begun.elapsed() < Duration::from_secs(20), "never full");
        tick(&mut recorder, &mut router, at).expect("room");
        at += 1;
        std::thread::sleep(Duration::from_micros(200));
    }
    drop(recorder);
    let (first, second) = (lines(&before), lines(&file));
    assert_eq!(
        first.len() + second.len(),
        usize::try_from(at).expect("few") + 2
    );
    assert!(matches!(&first[0], Line::Head(head) if matches!(head.how, How::Begins(_))));
    assert!(matches!(&second[0], Line::Head(head) if matches!(head.how, How::GoesOn(_))));
    let size = fs::metadata(&before).expect("file").len();
    assert!((4000..400_000).contains(&size), "{size}");
}

#[test]
fn what_has_no_room_is_counted_and_costs_no_copy() {
    let mut router = Router::new(&VrrpModel::default());
    let (ring, queue) = sync_channel(3);
    let (_end, ended) = sync_channel(1);
    let mut recorder = Recorder::of(ring, ended, Arc::default());
    begin(&mut recorder);
    for at in 0..50 {
        tick(&mut recorder, &mut router, at).expect("nobody waits");
    }
    assert!(recorder.turn(Mono::ZERO, &Input::Tick).is_none(), "a copy");
    let waiting: Vec<Line> = queue.try_iter().collect();
    assert_eq!(waiting.len(), 3);
    // not at once: the router is not copied for every turn of a flood
    tick(&mut recorder, &mut router, 60).expect("nobody waits");
    assert!(queue.try_recv().is_err());
    tick(&mut recorder, &mut router, 1000).expect("nobody waits");
    let head = queue.try_recv().expect("a head");
    assert_eq!(lost(&head), Some(50), "48 + 1 + the one it is told with");
    tick(&mut recorder, &mut router, 1001).expect("nobody waits");
    assert!(matches!(queue.try_recv(), Ok(Line::Turn(_))));
    drop(queue);
    tick(&mut recorder, &mut router, 1002).expect_err("over");
}

#[test]
fn a_file_that_cannot_be_written_ends_the_recording() {
    let directory = tempfile::tempdir().expect("directory");
    let (fifo, link) = (directory.path().join("fifo"), directory.path().join("link"));
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("fifo");
    symlink("elsewhere", &link).expect("link");
    for file in [&fifo, &link, directory.path(), Path::new("/dev/full")] {
        let mut router = Router::new(&VrrpModel::default());
        let mut recorder = recorder(file, 4000);
        let begun = std::time::Instant::now();
        let mut at = 0;
        while tick(&mut recorder, &mut router, at).is_ok() {
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "{}",
                file.display()
            );
            at += 1;
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    assert!(!directory.path().join("elsewhere").exists());
}

#[test]
fn actions_are_noted_where_there_is_a_turn() {
    let mut turn = None;
    let action = Action::Report(Event::Ipvs { present: true });
    note(&mut turn, &action);
    assert!(turn.is_none());
    let recorder = Recorder::of(sync_channel(1).0, sync_channel(1).1, Arc::default());
    let mut turn = recorder.turn(Mono::ZERO, &Input::Tick);
    note(&mut turn, &action);
    assert_eq!(turn.map(|turn| turn.actions), Some(vec![action]));
}
