// What makes the bills of materials of a release.
module github.com/plimsoll-ci/plimsoll/tools/sbom

go 1.26.0

require github.com/CycloneDX/cyclonedx-go v0.12.0
