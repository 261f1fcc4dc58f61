// Package sample reads what a container costs the kernel: memory, CPU time,
// throttling, OOM kills and whether a process is left, from its cgroup. It
// takes the root of a cgroup tree (usually /sys/fs/cgroup) and a container id,
// and gives readings and, through [Recorder], the memory timeline of a trial.
// In the pipeline it stands between the kernel and the agent; it imports the
// record types and system calls only, because it runs inside the pod.
//
// # What counts as memory
//
// Unreclaimable memory is what the kernel cannot take back without hurting the
// process: anonymous pages, shared memory (which tmpfs and shm_open use) and
// the kernel's own memory. Page cache is kept apart: it is charged to whichever
// cgroup touched a file first, so the image that boots first pays for both
// ("Memory Ownership" in the kernel's cgroup-v2 document).
//
//	          cgroup v2, memory.stat                   cgroup v1
//	anon      anon                                     memory.stat total_rss
//	shmem     shmem                                    memory.stat total_shmem
//	kernel    kernel - slab_reclaimable + sock         memory.kmem.usage_in_bytes
//	          before Linux 5.18: kernel_stack +
//	          pagetables + percpu + sock +
//	          slab_unreclaimable
//	cache     file - shmem                             total_cache - total_shmem
//
// Two limits of the sources are known and not hidden:
//   - The kernel memory of cgroup v1 includes reclaimable slab (dentries and
//     inodes of files the container opened), because v1 has no counter without.
//   - The kernel may serve memory.stat with up to 64 pages per CPU not yet
//     added up (MEMCG_CHARGE_BATCH in mm/memcontrol.c), so one reading is good
//     to 0.25 MiB per CPU of the machine until the next flush, at most 2 s.
//
// Sources: https://docs.kernel.org/admin-guide/cgroup-v2.html,
// https://docs.kernel.org/admin-guide/cgroup-v1/memory.html,
// https://docs.kernel.org/admin-guide/cgroup-v1/cpuacct.html.
//
// # What is absent
//
// Kernels and engines differ in what they offer. A reading that has no source
// is an error that wraps [ErrAbsent], never a zero; a cgroup that vanished
// because its container ended is one that wraps [ErrGone].
package sample
