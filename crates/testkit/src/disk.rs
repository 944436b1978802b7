//! A small disk of its own that can be filled to the last byte, or break under those who write to it. Only root can mount
//! one; a test that gets none says so and passes.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A small disk; unmounted when this is dropped.
pub struct Disk {
    mount: tempfile::TempDir,
    /// What it is kept in, when it is not kept in memory.
    _image: Option<tempfile::NamedTempFile>,
}

impl Disk {
    /// One of so many bytes.
    pub fn of(bytes: u64) -> Option<Self> {
        Self::mount(&["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs"], None)
    }

    /// One that nothing can be written to.
    pub fn read_only() -> Option<Self> {
        Self::mount(&["-t", "tmpfs", "-o", "ro", "tmpfs"], None)
    }

    /// One of so many bytes that can [break](Self::break_down).
    pub fn that_breaks(bytes: u64) -> Option<Self> {
        let image = tempfile::NamedTempFile::new().unwrap();
        image.as_file().set_len(bytes).unwrap();
        let path = image.path().to_str().unwrap().to_owned();
        if run(Command::new("mkfs.ext4").args(["-q", &path])) {
            return Self::mount(&["-o", "loop", &path], Some(image));
        }
        skipped();
        None
    }

    fn mount(options: &[&str], image: Option<tempfile::NamedTempFile>) -> Option<Self> {
        let mount = tempfile::tempdir().unwrap();
        if run(Command::new("mount").args(options).arg(mount.path())) {
            return Some(Self { mount, _image: image });
        }
        skipped();
        None
    }

    /// From now on nothing can be written, by whoever has files open either, as after an error of the device.
    pub fn break_down(&self) {
        assert!(run(Command::new("mount").args(["-o", "remount,abort"]).arg(self.mount.path())));
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

fn run(command: &mut Command) -> bool {
    command.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn skipped() {
    // Past the capture of the test runner, which hides what passing tests print.
    let mut stderr = std::io::stderr();
    writeln!(stderr, "SKIPPED: a disk in trouble, because none can be mounted here").unwrap();
}
