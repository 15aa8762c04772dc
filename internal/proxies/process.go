package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// run starts a program that listens at addr, and waits until it does.
func (st *stage) run(ctx context.Context, addr, program string, args ...string) (*exec.Cmd, error) {
	messages := filepath.Join(st.dir, program+".log")
	log, err := os.OpenFile(messages, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt is for this program to handle
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(5 * time.Second); ; {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			return cmd, conn.Close()
		}
		if time.Now().After(deadline) || !sleep(ctx, 5*time.Millisecond) {
			kill(cmd)
			said, _ := os.ReadFile(messages)
			return nil, fmt.Errorf("%s: %w: %s", program, err, said)
		}
	}
}

// kill ends a program and its children, and waits for it.
func kill(cmd *exec.Cmd) {
	syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	cmd.Wait()
}

// write writes a configuration, and returns its path.
func (st *stage) write(name, text string) (string, error) {
	path := filepath.Join(st.dir, name)
	return path, os.WriteFile(path, []byte(text), 0o600)
}

// freeAddress is one of the loopback interface where nothing listens.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// hostOf returns the address of a URL.
func hostOf(url string) string {
	_, host, _ := strings.Cut(url, "://")
	return host
}
