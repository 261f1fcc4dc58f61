package owner

import (
	"bytes"
	"testing"
)

func FuzzRPMSQLite(f *testing.F) { fuzzRPM(f, "var/lib/rpm/rpmdb.sqlite", "rpm/small.sqlite.gz") }
func FuzzRPMNDB(f *testing.F)    { fuzzRPM(f, "var/lib/rpm/Packages.db", "rpm/small.db.gz") }

// fuzzRPM tries to make the reader of a database panic, loop, or keep too much.
func fuzzRPM(f *testing.F, path, seed string) {
	f.Add(unzipped(f, seed))
	kind := Wanted(path, 1, 0o644)
	f.Fuzz(func(t *testing.T, body []byte) {
		streamed, err := Distil(kind, plainFile(path, string(body)))
		random := plainFile(path, "")
		random.At, random.Size = bytes.NewReader(body), int64(len(body))
		data, errAt := Distil(kind, random)
		if !bytes.Equal(data, streamed) || (err == nil) != (errAt == nil) {
			t.Errorf("as a stream %d bytes, %v; at random %d bytes, %v", len(streamed), err, len(data), errAt)
		}
		claims, _ := Packages([]Evidence{{Path: path, Kind: kind, Data: data}})
		mustStayInside(t, claims, len(data))
	})
}

func FuzzRPMHeader(f *testing.F) {
	body := unzipped(f, "rpm/small.db.gz")
	for _, blob := range bytes.Split(body, []byte("BlbS"))[1:] {
		f.Add(blob[12:])
	}
	f.Fuzz(func(t *testing.T, header []byte) {
		var kept rpmKept
		if err := kept.add(header); err != nil {
			return
		}
		claims, problem, err := unpackRPM(kept.data())
		if err != nil || (len(claims) == 0) != (problem != "") {
			t.Errorf("claims %v, problem %q, error %v", claims, problem, err)
		}
	})
}
