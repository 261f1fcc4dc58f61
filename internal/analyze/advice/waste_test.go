package advice

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestWasteNamesItsKiller(t *testing.T) {
	history := []string{
		"ADD rootfs.tar /",            // 0, the base image's
		"RUN rm -rf /usr/share/doc",   // 1, the base image's
		"COPY src /src",               // 2
		"RUN make -C /src",            // 3
		"RUN rm -rf /src",             // 4
		"RUN chown -R app /src",       // 5
		"RUN chmod +x /src/*",         // 6
		"COPY . /src",                 // 7
		"RUN apt-get upgrade -y",      // 8
		"",                            // 9
		"ADD src.tar /src",            // 10
		"RUN chown a /x && chmod 1 x", // 11
	}
	for name, tt := range map[string]struct {
		waste []record.Waste
		want  record.Advice
	}{
		"copied, then deleted": {
			[]record.Waste{{Kind: record.Deleted, Layer: 2, Killer: 4, Size: 5e6, Files: 12, Path: "/src"}},
			record.Advice{Rule: "waste-deleted", Saves: 5e6, Layer: 4,
				What:   "12 files in /src, stored by COPY src /src and deleted by RUN rm -rf /src",
				Remedy: "Read it with RUN --mount=type=bind instead of copying it, or copy it in an earlier build stage: a later layer only hides it"},
		},
		"unpacked, then deleted": {
			[]record.Waste{{Kind: record.Deleted, Layer: 10, Killer: 11, Size: 5e6, Files: 2, Path: "/src"}},
			record.Advice{Rule: "waste-deleted", Saves: 5e6, Layer: 11,
				What:   "2 files in /src, stored by ADD src.tar /src and deleted by RUN chown a /x && chmod 1 x",
				Remedy: "Leave it out of the archive or directory that ADD takes: a later layer only hides it"},
		},
		"made, then deleted": {
			[]record.Waste{{Kind: record.Deleted, Layer: 3, Killer: 4, Size: 5e6, Files: 1, Path: "/src/a.out"}},
			record.Advice{Rule: "waste-deleted", Saves: 5e6, Layer: 4,
				What:   "/src/a.out, stored by RUN make -C /src and deleted by RUN rm -rf /src",
				Remedy: "Delete it in the RUN that makes it: a later layer only hides it"},
		},
		"deleted of two layers": {
			[]record.Waste{
				{Kind: record.Deleted, Layer: 3, Killer: 4, Size: 5e6, Files: 1, Path: "/src/a.out"},
				{Kind: record.Deleted, Layer: 2, Killer: 4, Size: 6e6, Files: 3, Path: "/src"},
			},
			record.Advice{Rule: "waste-deleted", Saves: 11e6, Layer: 4,
				What:   "4 files, 6 MB of it in /src, stored by 2 layers and deleted by RUN rm -rf /src",
				Remedy: "Read it with RUN --mount=type=bind instead of copying it, or copy it in an earlier build stage: a later layer only hides it"},
		},
		"the base image's, deleted": {
			[]record.Waste{{Kind: record.Deleted, Layer: 0, Killer: 4, Size: 5e6, Files: 2, Path: "/usr"}},
			record.Advice{Rule: "waste-deleted", Saves: 5e6, Layer: 4,
				What:   "2 files in /usr, stored by the base image and deleted by RUN rm -rf /src",
				Remedy: "Deleting frees nothing that the base image stores: use a base image without it, or copy the result to an empty one (FROM scratch, COPY --from=build / /) and repeat its ENV and CMD"},
		},
		"all in the base image": {
			[]record.Waste{{Kind: record.Deleted, Layer: 0, Killer: 1, Size: 5e6, Files: 2, Path: "/usr"}},
			record.Advice{Rule: "waste-deleted", Saves: 5e6, Layer: 1,
				What:   "in the base image: 2 files in /usr, stored by ADD rootfs.tar / and deleted by RUN rm -rf /usr/share/doc",
				Remedy: "Change it where the base image is built, or use another one"},
		},
		"nobody knows who": {
			[]record.Waste{{Kind: record.Deleted, Layer: 9, Killer: 12, Size: 5e6, Files: 1, Path: "/x"}},
			record.Advice{Rule: "waste-deleted", Saves: 5e6, Layer: 12,
				What:   "/x, deleted by a later layer",
				Remedy: "Make and delete it in one instruction, or in an earlier build stage: a later layer only hides it"},
		},
		"chown of what was copied": {
			[]record.Waste{{Kind: record.Copied, Layer: 2, Killer: 5, Size: 120e6, Files: 9, Path: "/src"}},
			record.Advice{Rule: "waste-copied", Saves: 120e6, Layer: 5,
				What:   "9 files in /src, stored by COPY src /src and duplicated with other mode, owner or time by RUN chown -R app /src",
				Remedy: "Use COPY --chown instead of chown"},
		},
		"chmod of what was copied": {
			[]record.Waste{{Kind: record.Copied, Layer: 2, Killer: 6, Size: 120e6, Files: 9, Path: "/src"}},
			record.Advice{Rule: "waste-copied", Saves: 120e6, Layer: 6,
				What:   "9 files in /src, stored by COPY src /src and duplicated with other mode, owner or time by RUN chmod +x /src/*",
				Remedy: "Use COPY --chmod instead of chmod"},
		},
		"both, of what was unpacked": {
			[]record.Waste{{Kind: record.Copied, Layer: 10, Killer: 11, Size: 120e6, Files: 9, Path: "/src"}},
			record.Advice{Rule: "waste-copied", Saves: 120e6, Layer: 11,
				What:   "9 files in /src, stored by ADD src.tar /src and duplicated with other mode, owner or time by RUN chown a /x && chmod 1 x",
				Remedy: "Use ADD --chmod --chown instead of chmod and chown; where it unpacks an archive, set them in the archive"},
		},
		"chown of what was made": {
			[]record.Waste{{Kind: record.Copied, Layer: 3, Killer: 5, Size: 120e6, Files: 9, Path: "/src"}},
			record.Advice{Rule: "waste-copied", Saves: 120e6, Layer: 5,
				What:   "9 files in /src, stored by RUN make -C /src and duplicated with other mode, owner or time by RUN chown -R app /src",
				Remedy: "Call chown in the RUN that makes the files"},
		},
		"copied twice": {
			[]record.Waste{{Kind: record.Copied, Layer: 2, Killer: 7, Size: 120e6, Files: 9, Path: "/src"}},
			record.Advice{Rule: "waste-copied", Saves: 120e6, Layer: 7,
				What:   "9 files in /src, stored by COPY src /src and duplicated with other mode, owner or time by COPY . /src",
				Remedy: "Copy it once: the same content is stored again because only its mode, owner or time differs"},
		},
		"touched": {
			[]record.Waste{{Kind: record.Copied, Layer: 2, Killer: 3, Size: 120e6, Files: 9, Path: "/src"}},
			record.Advice{Rule: "waste-copied", Saves: 120e6, Layer: 3,
				What:   "9 files in /src, stored by COPY src /src and duplicated with other mode, owner or time by RUN make -C /src",
				Remedy: "Each file whose mode, owner or time changes is stored again: change them in the instruction that makes them"},
		},
		"chown of the base image": {
			[]record.Waste{{Kind: record.Copied, Layer: 0, Killer: 5, Size: 120e6, Files: 9, Path: "/opt"}},
			record.Advice{Rule: "waste-copied", Saves: 120e6, Layer: 5,
				What:   "9 files in /opt, stored by the base image and duplicated with other mode, owner or time by RUN chown -R app /src",
				Remedy: "Each file whose mode, owner or time changes is stored again: change only those that need it, or change them where the base image is built"},
		},
		"upgraded": {
			[]record.Waste{{Kind: record.Overwritten, Layer: 0, Killer: 8, Size: 30e6, Files: 90, Path: "/usr"}},
			record.Advice{Rule: "waste-overwritten", Saves: 30e6, Layer: 8,
				What:   "90 files in /usr, stored by the base image and overwritten by RUN apt-get upgrade -y",
				Remedy: "Use a newer base image (docker build --pull) rather than upgrade its packages"},
		},
		"overwritten in the base image": {
			[]record.Waste{{Kind: record.Overwritten, Layer: 1, Killer: 3, Size: 30e6, Files: 90, Path: "/usr"}},
			record.Advice{Rule: "waste-overwritten", Saves: 30e6, Layer: 3,
				What:   "90 files in /usr, stored by the base image and overwritten by RUN make -C /src",
				Remedy: "Change it where the base image is built: done later, both versions are stored"},
		},
		"the package database": {
			[]record.Waste{{Kind: record.Overwritten, Layer: 0, Killer: 8, Size: 30e6, Files: 1, Path: "/var/lib/rpm/rpmdb.sqlite"}},
			record.Advice{Rule: "waste-overwritten", Saves: 30e6, Layer: 8,
				What:   "/var/lib/rpm/rpmdb.sqlite, stored by the base image and overwritten by RUN apt-get upgrade -y",
				Remedy: "Each RUN that installs packages stores their database again: install all of them in one RUN"},
		},
		"overwritten by a RUN": {
			[]record.Waste{{Kind: record.Overwritten, Layer: 3, Killer: 4, Size: 30e6, Files: 90, Path: "/src"}},
			record.Advice{Rule: "waste-overwritten", Saves: 30e6, Layer: 4,
				What:   "90 files in /src, stored by RUN make -C /src and overwritten by RUN rm -rf /src",
				Remedy: "Join the two RUNs, or let the first one write it as it stays"},
		},
		"overwritten by a COPY": {
			[]record.Waste{{Kind: record.Overwritten, Layer: 3, Killer: 7, Size: 30e6, Files: 90, Path: "/src"}},
			record.Advice{Rule: "waste-overwritten", Saves: 30e6, Layer: 7,
				What:   "90 files in /src, stored by RUN make -C /src and overwritten by COPY . /src",
				Remedy: "Do not make in the RUN what is brought in later"},
		},
		"replaced": {
			[]record.Waste{{Kind: record.Replaced, Layer: 2, Killer: 7, Size: 30e6, Files: 90, Path: "/src"}},
			record.Advice{Rule: "waste-replaced", Saves: 30e6, Layer: 7,
				What:   "90 files in /src, stored by COPY src /src and replaced by COPY . /src",
				Remedy: "Write each file once, as it stays: every version is stored"},
		},
		"made anew": {
			[]record.Waste{{Kind: record.Opaque, Layer: 2, Killer: 4, Size: 30e6, Files: 90, Path: "/src"}},
			record.Advice{Rule: "waste-opaque", Saves: 30e6, Layer: 4,
				What:   "90 files in /src, stored by COPY src /src and hidden by RUN rm -rf /src, which makes the directory anew",
				Remedy: "Write each file once, as it stays: every version is stored"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			img := Image{Files: image().Files, Instructions: history, Waste: tt.waste, From: &record.From{Layers: 2}}
			if diff := cmp.Diff([]record.Advice{tt.want}, For(img)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestWasteIsSummedByKillerKindAndSide(t *testing.T) {
	img := image()
	img.From = &record.From{Layers: 1}
	img.Waste = []record.Waste{
		{Kind: record.Deleted, Layer: 0, Killer: 3, Size: 16e6, Files: 1, Path: "/a"},
		{Kind: record.Deleted, Layer: 1, Killer: 3, Size: 8e6, Files: 1, Path: "/b"},
		{Kind: record.Deleted, Layer: 2, Killer: 3, Size: 4e6, Files: 1, Path: "/c"},
		{Kind: record.Overwritten, Layer: 1, Killer: 3, Size: 2e6, Files: 1, Path: "/d"},
		{Kind: record.Deleted, Layer: 1, Killer: 4, Size: 1e6, Files: 1, Path: "/e"},
	}
	type sum struct {
		Rule  string
		Layer int
		Saves record.Bytes
	}
	var got []sum
	for _, a := range For(img) {
		got = append(got, sum{a.Rule, a.Layer, a.Saves})
	}
	want := []sum{{"waste-deleted", 3, 16e6}, {"waste-deleted", 3, 12e6}, {"waste-overwritten", 3, 2e6}, {"waste-deleted", 4, 1e6}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
