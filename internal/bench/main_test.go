package bench

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "RESULTS.md")
	for _, c := range []struct{ before, want string }{
		{"# Old\n", "# New\n"},
		{"# Old\n" + keepMark + "## Another's\n", "# New\n" + keepMark + "## Another's\n"},
	} {
		if err := os.WriteFile(file, []byte(c.before), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := write(file, "# New\n"); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(file); string(got) != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
