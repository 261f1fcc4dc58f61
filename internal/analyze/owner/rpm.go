package owner

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// maxRPMStream is the largest database that is read out of a stream, in bytes:
// it has to be in memory. That of a workstation with 2,000 packages has 150 MB,
// that of a base image 4 to 20.
const maxRPMStream = 24 << 20

// rpmDatabase gives random access to a database.
func rpmDatabase(f File) (io.ReaderAt, error) {
	if f.At != nil {
		return f.At, nil
	}
	if f.Size > maxRPMStream {
		return nil, fmt.Errorf("it has %d bytes and stands in a layer that can only be read as a stream, where databases are read up to %d", f.Size, int64(maxRPMStream))
	}
	b := make([]byte, f.Size)
	if _, err := io.ReadFull(f.Body, b); err != nil {
		return nil, err
	}
	return bytes.NewReader(b), nil
}

// rpmKept puts together what is kept of a database: the packages, with how many
// files each has, and the paths of all their files.
type rpmKept struct {
	packages database
	files    paths
	unread   int   // packages
	why      error // of the first of them
}

// add takes a package by its header. One that cannot be read is only counted.
func (k *rpmKept) add(header []byte) error {
	p, err := parseRPMHeader(header)
	if err != nil {
		k.skip(err)
		return nil
	}
	n := 0
	for path := range p.paths() {
		if path = within("", path); path == "" {
			continue
		}
		if err := k.files.add(path); err != nil {
			return err
		}
		n++
	}
	return k.packages.add(p.name, p.evr(), strconv.Itoa(n))
}

func (k *rpmKept) skip(why error) {
	if k.unread++; k.unread == 1 {
		k.why = why
	}
}

func (k *rpmKept) data() []byte {
	problem := ""
	if k.unread > 0 {
		problem = fmt.Sprintf("packages that could not be read are left out: %d, the first because of: %v", k.unread, k.why)
	}
	return packStrings(nil, string(k.packages.packed), string(k.files.packed), problem)
}

func distilRPMSQLite(f File) ([]byte, error) {
	return distilRPM(f, eachSQLitePackage)
}

func distilRPMNDB(f File) ([]byte, error) {
	return distilRPM(f, eachNDBPackage)
}

// distilRPM keeps name, version and files of each package. Of a stream it holds
// the whole database, else one header.
func distilRPM(f File, each func(io.ReaderAt, int64, *rpmKept) error) ([]byte, error) {
	if f.Size == 0 {
		return nil, errors.New("it is empty: was the image made while rpm was at work?")
	}
	at, err := rpmDatabase(f)
	if err != nil {
		return nil, err
	}
	var kept rpmKept
	if err := each(at, f.Size, &kept); err != nil {
		return nil, err
	}
	return kept.data(), nil
}

// distilRPMBerkeley keeps only that there is one.
// https://github.com/file/file/blob/master/magic/Magdir/database
func distilRPMBerkeley(f File) ([]byte, error) {
	const offset, hash, btree = 12, 0x061561, 0x053162
	b := make([]byte, offset+4)
	if _, err := io.ReadFull(f.Body, b); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, nil
		}
		return nil, err
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		if magic := order.Uint32(b[offset:]); magic == hash || magic == btree {
			return []byte("berkeley"), nil
		}
	}
	return nil, nil
}

var errBerkeley = errors.New("this is a Berkeley DB, as rpm made it before 4.16, which is not supported: the files of its packages are counted as nobody's")

// claimRPM gives each package its files.
func claimRPM(e Evidence) ([]Claim, error) {
	switch {
	case len(e.Data) == 0:
		return nil, nil
	case e.Kind == KindRPMBerkeley:
		return nil, errBerkeley
	}
	claims, problem, err := unpackRPM(e.Data)
	if err == nil && problem != "" {
		err = errors.New(problem)
	}
	return claims, err
}

func unpackRPM(data []byte) (claims []Claim, problem string, err error) {
	parts, err := unpackStrings(data, 3)
	if err != nil || len(parts) != 1 {
		return nil, "", errPacked
	}
	packages, err := unpackStrings([]byte(parts[0][0]), 3)
	if err != nil {
		return nil, "", err
	}
	files, err := unpackPaths([]byte(parts[0][1]))
	if err != nil {
		return nil, "", err
	}
	for _, p := range packages {
		n, err := strconv.Atoi(p[2])
		if err != nil || n < 0 || n > len(files) {
			return nil, "", errPacked
		}
		claims = append(claims, Claim{Ecosystem: record.RPM, Name: p[0], Version: p[1], Files: files[:n:n]})
		files = files[n:]
	}
	return claims, parts[0][2], nil
}
