//! Gives every build its own number: a bundle's sections are read by the build that wrote them.

fn main() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    println!(
        "cargo::rustc-env=HOLDFAST_BUILD={}",
        now.map_or(0, |now| now.as_nanos())
    );
    println!("cargo::rerun-if-changed=src");
    println!("cargo::rerun-if-changed=../model/src");
}
