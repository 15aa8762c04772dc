package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// killWorker kills one of the children of a master process.
func killWorker(master int, rnd *rand.Rand) {
	if workers := children(master); len(workers) > 0 {
		syscall.Kill(workers[rnd.IntN(len(workers))], syscall.SIGKILL)
	}
}

// children reads the ids of a process's children from /proc, where there is one.
func children(parent int) (pids []int) {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		data, _ := os.ReadFile(file)
		end := bytes.LastIndexByte(data, ')') // of the name, which can contain anything
		fields := bytes.Fields(data[end+1:])  // state, parent, …
		if len(fields) < 2 || string(fields[1]) != strconv.Itoa(parent) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}
