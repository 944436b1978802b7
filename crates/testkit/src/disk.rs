//! A small disk of its own that can be filled to the last byte. It is a file system in memory, which only root can
//! mount; a test that gets none says so and passes.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A small disk; unmounted when this is dropped.
pub struct Disk {
    mount: tempfile::TempDir,
}

impl Disk {
    /// One of so many bytes.
    pub fn of(bytes: u64) -> Option<Self> {
        Self::mount(&format!("size={bytes}"))
    }

    /// One that nothing can be written to.
    pub fn read_only() -> Option<Self> {
        Self::mount("ro")
    }

    fn mount(options: &str) -> Option<Self> {
        let mount = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(mount.path())
            .stderr(Stdio::null())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self { mount });
        }
        // Past the capture of the test runner, which hides what passing tests print.
        let mut stderr = std::io::stderr();
        writeln!(stderr, "SKIPPED: a full disk, because no tmpfs can be mounted here").unwrap();
        None
    }

    /// Its root.
    pub fn path(&self) -> &Path {
        self.mount.path()
    }

    /// Takes whatever is left, to the last byte.
    pub fn fill(&self) {
        let mut filler = File::options().create(true).append(true).open(self.filler()).unwrap();
        for size in [1 << 16, 1 << 12, 1] {
            while filler.write_all(&vec![0xff; size]).is_ok() {}
        }
    }

    /// Gives it all back. Emptied and not removed: a process that another test is starting may still have it open.
    pub fn free(&self) {
        File::create(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.mount.path().join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _unmounted = Command::new("umount").arg("-l").arg(self.mount.path()).status();
    }
}
