package main

import (
	"bytes"
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

// write writes a configuration, in which ADDR, PEM and SERVER stand for those of the stage.
func (st *stage) write(name, text string) (string, error) {
	values := strings.NewReplacer("ADDR", st.addr, "PEM", st.pem, "SERVER", st.plain.Listener.Addr().String())
	path := filepath.Join(st.dir, name)
	return path, os.WriteFile(path, []byte(values.Replace(text)), 0o600)
}

// run starts a program, and waits until it listens.
func (st *stage) run(ctx context.Context, program string, args ...string) (*exec.Cmd, error) {
	cmd, messages := exec.Command(program, args...), &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = messages, messages
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt is for this program to handle
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(5 * time.Second); ; {
		conn, err := net.Dial("tcp", st.addr)
		if err == nil {
			return cmd, conn.Close()
		}
		if time.Now().After(deadline) || !sleep(ctx, 5*time.Millisecond) {
			kill(cmd)
			return nil, fmt.Errorf("%s: %w: %s", program, err, messages)
		}
	}
}

// kill ends a program and its children, and waits for it.
func kill(cmd *exec.Cmd) {
	syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	cmd.Wait()
}
