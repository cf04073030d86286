//! Debian's kernel for clouds on a machine that qemu emulates: IPVS and `nf_tables` in one kernel, where the
//! machine below can lend its guests no virtual machines. It sees the host's files through virtiofs.
//!
//! The kernel's package is unpacked, never installed: nothing of it is to boot this machine.

use super::Boot;
use crate::error::{Doing as _, Error, Result};
use crate::shell::{feed, run, words};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The package that depends on the newest kernel.
pub(crate) const PACKAGE: &str = "linux-image-cloud-amd64";
/// What can be tested here only.
pub(super) const MORE_MODULES: &str = "af_packet nft_chain_nat nft_nat nft_ct nft_masq";

const FOLDER: &str = "/var/cache/holdfast-lab/linux";
/// What finds the root file system.
const INITRD: &str = "/var/cache/holdfast-lab/linux/initrd";
const VIRTIOFSD: &str = "/usr/lib/qemu/virtiofsd";

/// The first program: from the kernel's own small file system to the host's.
const INIT: &str = "#!/bin/busybox sh
/bin/busybox mount -t devtmpfs devtmpfs /dev
/bin/busybox mount -t proc proc /proc
for module in /modules/*; do /bin/busybox insmod $module; done
/bin/busybox mount -t virtiofs root /root || /bin/busybox poweroff -f
/bin/busybox mount --move /dev /root/dev
init=$(/bin/busybox sed 's/.*holdfast_init=\\([^ ]*\\).*/\\1/' /proc/cmdline)
exec /bin/busybox switch_root /root $init
";

/// Where its modules are.
pub(super) fn modules() -> PathBuf {
    Path::new(FOLDER).join("lib/modules")
}

/// True if it was fetched: the list of its modules is the last that is made.
pub(crate) fn there() -> bool {
    only(&modules(), "").is_ok_and(|modules| modules.join("modules.dep.bin").exists())
}

/// The words that boot it: a script that starts what lends the files, then the machine.
///
/// # Errors
/// If the kernel is missing, or the script cannot be written.
pub(super) fn command(boot: &Boot, init: &Path) -> Result<Vec<String>> {
    let (folder, memory) = (boot.directory.display(), boot.memory);
    let kernel = only(&Path::new(FOLDER).join("boot"), "vmlinuz-")?;
    let script = format!(
        "cd '{folder}'\n\
        {VIRTIOFSD} --socket-path=files --thread-pool-size=1 -o source=/ -o sandbox=chroot -o cache=auto >files.log 2>&1 &\n\
        turn=0; until [ -S files ] || [ $turn = 100 ]; do sleep 0.05; turn=$((turn + 1)); done\n\
        exec qemu-system-x86_64 -accel tcg -M q35,memory-backend=memory -smp 1 -m {memory}M \
        -object memory-backend-memfd,id=memory,size={memory}M,share=on \
        -chardev socket,id=files,path=files -device vhost-user-fs-pci,chardev=files,tag=root \
        -display none -nodefaults -serial stdio -no-reboot -kernel '{kernel}' -initrd {INITRD} \
        -append 'console=ttyS0 quiet panic=-1 holdfast_init={init}'\n",
        kernel = kernel.display(),
        init = init.display(),
    );
    let path = boot.directory.join("machine");
    fs::write(&path, script).doing("write the machine's script")?;
    Ok(vec!["sh".into(), path.display().to_string()])
}

/// Fetches the kernel.
///
/// # Errors
/// If there is no such package, no network, or no program to unpack it with.
pub(crate) fn fetch() -> Result<()> {
    let depends = run(&mut words(&format!("apt-cache depends {PACKAGE}")))?;
    let kernel = depends
        .lines()
        .find_map(|line| line.trim().strip_prefix("Depends: "))
        .ok_or_else(|| Error::Failed(format!("{PACKAGE} depends on no kernel: {depends}")))?;
    let _fresh = fs::remove_dir_all(FOLDER);
    fs::create_dir_all(FOLDER).doing("make the kernel's folder")?;
    let folder = Path::new(FOLDER);
    run(words(&format!("apt-get -qq download {kernel}")).current_dir(folder))?;
    let package = only(folder, kernel)?;
    run(Command::new("dpkg-deb").arg("-x").arg(&package).arg(folder))?;
    fs::remove_file(&package).doing("remove the kernel's package")?;
    let modules = only(&modules(), "")?;
    let version = modules.file_name().unwrap_or_default();
    run(Command::new("depmod").args(["-b", FOLDER]).arg(version)).map(drop)
}

/// Makes what it boots with.
///
/// # Errors
/// If the kernel is missing, or files cannot be written.
pub(crate) fn prepare() -> Result<()> {
    let folder = Path::new(FOLDER);
    let modules = only(&modules(), "")?;
    let version = modules.file_name().unwrap_or_default().to_string_lossy();
    let root = folder.join("first");
    let _fresh = fs::remove_dir_all(&root);
    let names = ["bin", "dev", "proc", "root", "modules"];
    for name in names {
        fs::create_dir_all(root.join(name)).doing("make the first file system")?;
    }
    fs::copy("/bin/busybox", root.join("bin/busybox")).doing("copy busybox")?;
    let depends = run(&mut words(&format!(
        "modprobe -d {FOLDER} -S {version} --show-depends -a virtio_pci virtiofs"
    )))?;
    // in the order in which they need each other; one that both need comes again, which is no harm
    let paths = depends
        .lines()
        .filter_map(|line| line.trim().strip_prefix("insmod "));
    for (index, path) in paths.enumerate() {
        let name = format!("modules/{index:02}.ko");
        fs::copy(path.trim(), root.join(name)).doing("copy a module")?;
    }
    let init = root.join("init");
    fs::write(&init, INIT).doing("write the first program")?;
    fs::set_permissions(&init, fs::Permissions::from_mode(0o755))
        .doing("write the first program")?;
    let mut list = names.join("\n");
    list.push_str("\ninit\nbin/busybox\n");
    for file in fs::read_dir(root.join("modules")).doing("list the modules")? {
        let name = file.doing("list the modules")?.file_name();
        let _string = writeln!(list, "modules/{}", name.to_string_lossy());
    }
    let made = folder.join("initrd.new");
    let archive = format!("busybox cpio -o -H newc >'{}'", made.display());
    feed(
        Command::new("sh").args(["-c", &archive]).current_dir(&root),
        Some(&list),
    )?;
    fs::rename(&made, INITRD).doing("make the first file system")
}

/// The one file of a folder whose name starts so.
fn only(folder: &Path, start: &str) -> Result<PathBuf> {
    let files = fs::read_dir(folder).doing(format!("list {}", folder.display()))?;
    let named = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(start)
    };
    let found: Vec<PathBuf> = files
        .flatten()
        .map(|file| file.path())
        .filter(named)
        .collect();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        _ => Err(Error::Failed(format!(
            "{} has {} files {start}*",
            folder.display(),
            found.len()
        ))),
    }
}
