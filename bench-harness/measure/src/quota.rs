//! Reads the CPU quota of the cgroup of this process, of both versions of cgroups.
//!
//! The quota of a parent limits all cgroups below it, so the tightest on the way to the root counts. A container may show
//! only a part of the way.

use std::fs;
use std::path::{Path, PathBuf};

use procfs::ProcessCGroup;
use procfs::process::{MountInfo, Process};
use record::cpu_time::CpuQuota;

/// The controller of CPU time.
const CPU: &str = "cpu";

/// The CPU quota of this process; `None` if no file system of cgroups is visible.
pub fn cpu_quota() -> Option<CpuQuota> {
    let process = Process::myself().ok()?;
    quota(&process.cgroups().ok()?.0, &process.mountinfo().ok()?.0)
}

fn quota(groups: &[ProcessCGroup], mounts: &[MountInfo]) -> Option<CpuQuota> {
    let quotas = groups.iter().filter_map(|group| {
        let mount = mounts.iter().find(|mount| holds(mount, group))?;
        let own = folder(mount, &group.pathname)?;
        Some(tightest(&own, &mount.mount_point))
    });
    quotas.reduce(tighter)
}

/// True if the quota of this cgroup is a file below this mount.
fn holds(mount: &MountInfo, group: &ProcessCGroup) -> bool {
    match (&*mount.fs_type, group.hierarchy) {
        ("cgroup2", 0) => true,
        ("cgroup", 1..) => {
            group.controllers.iter().any(|name| name == CPU)
                && mount.super_options.contains_key(CPU)
        }
        _ => false,
    }
}

/// The folder of a cgroup; `None` if it is not below what the mount shows.
fn folder(mount: &MountInfo, cgroup: &str) -> Option<PathBuf> {
    let below = Path::new(cgroup).strip_prefix(&mount.root).ok()?;
    // A cgroup outside of the namespace of this process is shown as `/../NAME`.
    let is_visible = !below.iter().any(|part| part == "..");
    is_visible.then(|| mount.mount_point.join(below))
}

/// The tightest quota from this folder up to the root.
fn tightest(own: &Path, root: &Path) -> CpuQuota {
    let folders = own
        .ancestors()
        .take_while(|folder| folder.starts_with(root));
    let quotas = folders.filter_map(quota_in).map(CpuQuota::Cpus);
    quotas.fold(CpuQuota::Unlimited, tighter)
}

fn tighter(first: CpuQuota, second: CpuQuota) -> CpuQuota {
    match (first, second) {
        (CpuQuota::Cpus(first), CpuQuota::Cpus(second)) => CpuQuota::Cpus(first.min(second)),
        (limited @ CpuQuota::Cpus(_), CpuQuota::Unlimited) | (CpuQuota::Unlimited, limited) => {
            limited
        }
    }
}

/// The quota of one cgroup in CPUs; `None` if it has none.
fn quota_in(folder: &Path) -> Option<f64> {
    let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
    let (quota, period) = match read("cpu.max") {
        Some(both) => {
            let (quota, period) = both.trim().split_once(' ')?;
            (quota.to_owned(), period.to_owned())
        }
        None => (read("cpu.cfs_quota_us")?, read("cpu.cfs_period_us")?),
    };
    // Without a quota, version 2 has the word `max`, and version 1 has -1.
    let quota: u64 = quota.trim().parse().ok()?;
    let period: u64 = period.trim().parse().ok().filter(|&period| period > 0)?;
    Some(quota as f64 / period as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(hierarchy: u32, controllers: &[&str], path: &str) -> ProcessCGroup {
        ProcessCGroup {
            hierarchy,
            controllers: controllers.iter().map(|&name| name.to_owned()).collect(),
            pathname: path.to_owned(),
        }
    }

    fn mount(root: &str, at: &Path, kind: &str, options: &str) -> MountInfo {
        let at = at.display();
        let line = format!("31 23 0:28 {root} {at} rw - {kind} {kind} rw,{options}");
        MountInfo::from_line(&line).unwrap()
    }

    /// Folders with files, each as `FOLDER/FILE` and its content.
    fn files(all: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (name, content) in all {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        root
    }

    #[test]
    fn the_tightest_quota_of_version_2_is_found_in_a_parent() {
        let root = files(&[
            ("a/cpu.max", "150000 100000\n"),
            ("a/b/cpu.max", "max 100000\n"),
            ("a/b/c/cpu.max", "200000 100000\n"),
            // A sibling does not count.
            ("a/b/d/cpu.max", "10000 100000\n"),
        ]);
        let mounts = [mount("/", root.path(), "cgroup2", "nsdelegate")];
        let quota_of = |path| quota(&[group(0, &[], path)], &mounts);
        assert_eq!(quota_of("/a/b/c"), Some(CpuQuota::Cpus(1.5)));
        assert_eq!(quota_of("/a/b/d"), Some(CpuQuota::Cpus(0.1)));
        assert_eq!(quota_of("/"), Some(CpuQuota::Unlimited));
    }

    #[test]
    fn the_quota_of_version_1_is_that_of_the_hierarchy_of_the_cpu() {
        let root = files(&[
            ("cpu/cpu.cfs_quota_us", "-1\n"),
            ("cpu/cpu.cfs_period_us", "100000\n"),
            ("cpu/box/cpu.cfs_quota_us", "50000\n"),
            ("cpu/box/cpu.cfs_period_us", "100000\n"),
        ]);
        let mounts = [
            mount("/", &root.path().join("memory"), "cgroup", "memory"),
            mount("/", &root.path().join("cpu"), "cgroup", "cpu,cpuacct"),
        ];
        let memory = group(4, &["memory"], "/box");
        let quota_of = |path| {
            quota(
                &[memory.clone(), group(5, &["cpu", "cpuacct"], path)],
                &mounts,
            )
        };
        assert_eq!(quota_of("/box/deeper"), Some(CpuQuota::Cpus(0.5)));
        assert_eq!(quota_of("/"), Some(CpuQuota::Unlimited));
    }

    #[test]
    fn a_container_sees_its_own_part_of_the_cgroups() {
        let root = files(&[("cpu.max", "50000 100000\n")]);
        let mounts = [mount("/pods/7", root.path(), "cgroup2", "nsdelegate")];
        let quota_of = |path| quota(&[group(0, &[], path)], &mounts);
        assert_eq!(quota_of("/pods/7/app"), Some(CpuQuota::Cpus(0.5)));
        assert_eq!(quota_of("/pods/8"), None);
        assert_eq!(quota_of("/../8"), None);
        assert_eq!(quota(&[group(0, &[], "/")], &[]), None);
    }

    #[test]
    fn both_versions_side_by_side_are_read() {
        let root = files(&[
            ("2/cpu.max", "50000 100000\n"),
            ("1/cpu.cfs_quota_us", "40000\n"),
            ("1/cpu.cfs_period_us", "100000\n"),
        ]);
        let mounts = [
            mount("/", &root.path().join("1"), "cgroup", "cpu"),
            mount("/", &root.path().join("2"), "cgroup2", "nsdelegate"),
        ];
        let groups = [group(3, &["cpu"], "/"), group(0, &[], "/")];
        assert_eq!(quota(&groups, &mounts), Some(CpuQuota::Cpus(0.4)));
    }

    #[test]
    fn a_damaged_file_is_no_quota() {
        for text in ["", "max", "many 100000", "50000 0", "50000"] {
            let root = files(&[("cpu.max", text)]);
            assert_eq!(quota_in(root.path()), None, "{text}");
        }
    }
}
