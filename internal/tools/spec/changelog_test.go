package main

import (
	"os"
	"strings"
	"testing"
)

func TestUpdateWritesTheChangelog(t *testing.T) {
	upstream := edited(t, func(doc object) {
		scope := schema(doc, "VariableScope")
		scope["enum"] = append(scope["enum"].([]any), "LAMBDA")
		schema(doc, "Secret", "properties")["expires_at"] = object{"type": "string", "format": "date-time"}
		schema(doc, "Secret", "properties", "owned_by")["nullable"] = true
		schema(doc, "SecretAliasRequest", "properties", "description")["maxLength"] = 300
		get(operation(doc), "responses")["422"] = object{"description": "No."}
	})
	const added = "- Qovery's spec: `Secret.expires_at` is a new property; `VariableScope` has the value\n" +
		"  `LAMBDA`; `createJobSecretAlias` documents status 422.\n"
	const changed = "- Qovery's spec: `SecretAliasRequest.description` has `maxLength` 300; `Secret.owned_by`\n  may be null.\n"
	tests := map[string]struct{ before, after string }{
		"sections there": {
			"# C\n\n## [Unreleased]\n\n### Added\n\n- One.\n\n### Changed\n\n- Two.\n\n## [1.0.0]\n\n### Added\n\n- Old.\n\n[Unreleased]: link\n",
			"# C\n\n## [Unreleased]\n\n### Added\n\n- One.\n" + added + "\n### Changed\n\n- Two.\n" + changed + "\n## [1.0.0]\n\n### Added\n\n- Old.\n\n[Unreleased]: link\n",
		},
		"nothing there": {
			"# C\n\n## [Unreleased]\n\n[Unreleased]: link\n",
			"# C\n\n## [Unreleased]\n\n### Added\n\n" + added + "\n### Changed\n\n" + changed + "\n[Unreleased]: link\n",
		},
		"after a release": {
			"# C\n\n## [1.0.0]\n\n### Added\n\n- Old.\n\n[Unreleased]: link\n",
			"# C\n\n## [Unreleased]\n\n### Added\n\n" + added + "\n### Changed\n\n" + changed + "\n## [1.0.0]\n\n### Added\n\n- Old.\n\n[Unreleased]: link\n",
		},
		"at the end": {
			"# C\n\n## [Unreleased]\n\n### Fixed\n\n- Three.\n",
			"# C\n\n## [Unreleased]\n\n### Added\n\n" + added + "\n### Fixed\n\n- Three.\n\n### Changed\n\n" + changed,
		},
	}
	data, err := os.ReadFile(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ours, changelog := file(t, "ours.yaml", string(data)), file(t, "CHANGELOG.md", test.before)
			for range 2 { // the second time there is nothing to say
				code, stdout, stderr := call("update", "-base", ours, "-exceptions", os.DevNull, "-changelog", changelog, upstream)
				after, err := os.ReadFile(changelog)
				if code != 0 || err != nil || string(after) != test.after {
					t.Errorf("exit %d, %v\n%s%s\n%s\nwant\n%s", code, err, stdout, stderr, after, test.after)
				}
			}
		})
	}
	ours, changelog := file(t, "ours.yaml", string(data)), file(t, "CHANGELOG.md", "# C\n")
	code, _, stderr := call("update", "-base", ours, "-exceptions", os.DevNull, "-changelog", changelog, upstream)
	after, _ := os.ReadFile(ours)
	if code != 2 || !strings.Contains(stderr, "no section: add") || string(after) != string(data) {
		t.Errorf("without a section: exit %d\n%s", code, stderr)
	}
}

func TestCheckListsMarks(t *testing.T) {
	data, err := os.ReadFile(root)
	if err != nil {
		t.Fatal(err)
	}
	marked := file(t, "marked.yaml", strings.Replace(string(data), "is a note for people.", described("note"), 1))
	const want = ": to be written by a person: description: is the note. TODO(spec)\n"
	if code, stdout, _ := call("check", marked); code != 0 || !strings.Contains(stdout, want) || !strings.HasSuffix(stdout, marked+" is valid\n") {
		t.Errorf("exit %d\n%s", code, stdout)
	}
	if code, stdout, _ := call("check", "-release", marked); code != 1 || !strings.Contains(stdout, want) {
		t.Errorf("for a release: exit %d\n%s", code, stdout)
	}
	if code, stdout, _ := call("check", "-release", root); code != 0 || stdout != root+" is valid\n" {
		t.Errorf("for a release, without marks: exit %d\n%s", code, stdout)
	}
}
