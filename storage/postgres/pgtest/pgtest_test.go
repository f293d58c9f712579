package pgtest

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// child makes the test binary, started once more, start a server and wait.
const child = "EVENKEEL_TEST_PG_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(child) != "" {
		s, err := launch()
		if err != nil {
			println(err.Error())
			os.Exit(1)
		}
		_, _ = os.Stdout.WriteString(s.dir + "\n")
		select {}
	}
	os.Exit(m.Run())
}

// TestDiesWithTheBinary kills a test binary and looks for what it leaves.
func TestDiesWithTheBinary(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), child+"=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1000)
	n, err := out.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	dir := string(bytes.TrimSpace(buf[:n]))
	pid, err := os.ReadFile(dir + "/data/postmaster.pid")
	if err != nil {
		t.Fatal(err)
	}
	_ = cmd.Process.Signal(syscall.SIGKILL)
	_ = cmd.Wait()
	first, _, _ := strings.Cut(string(pid), "\n")
	deadline := time.Now().Add(30 * time.Second)
	for {
		_, folder := os.Stat(dir)
		_, process := os.Stat("/proc/" + first)
		if os.IsNotExist(folder) && os.IsNotExist(process) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("30 s after the kill: the folder %s: %v, process %s: %v", dir, folder, first, process)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func TestNothingInstalled(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := find(t.TempDir() + "/*/bin"); err == nil || !strings.Contains(err.Error(), "install") || !strings.Contains(err.Error(), "EVENKEEL_TEST_POSTGRES") {
		t.Errorf("the error does not say what to do: %v", err)
	}
}
