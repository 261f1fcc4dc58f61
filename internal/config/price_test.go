package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCostFlagsTakeThePlaceOfTheFile(t *testing.T) {
	file, err := LoadCost("plimsoll.yml", []byte("cost:\n  region: eu-west-1\n  traffic: {average: 10/s..20/s, deploys: 9}\n  replicas: {min: 3, max: 8, target_cpu: 50%}\n"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := CostFlags{Traffic: " average=120/s, peak=400/s,peak_hours=6", Replicas: "2-10", Node: "gce/e2-standard-2", Arch: "arm64"}.Over(file)
	if err != nil {
		t.Fatal(err)
	}
	want := file
	want.Traffic = Traffic{Average: 120, Peak: 400, PeakHours: 6, Deploys: 9}
	want.Replicas = Replicas{Min: 2, Max: 10, TargetCPU: 0.5}
	want.Node, want.Arch = "gce/e2-standard-2", "arm64"
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	same, err := CostFlags{}.Over(file)
	if d := cmp.Diff(file, same); err != nil || d != "" {
		t.Errorf("without flags: %v\n%s", err, d)
	}
}

func TestReplicasOfTheCommandLine(t *testing.T) {
	for text, want := range map[string]Replicas{
		"2-10":                         {Min: 2, Max: 10, TargetCPU: 0.7},
		"3":                            {Min: 3, Max: 3, TargetCPU: 0.7},
		"0-4":                          {Min: 0, Max: 4, TargetCPU: 0.7},
		"min=2, max=4, target_cpu=60%": {Min: 2, Max: 4, TargetCPU: 0.6},
	} {
		got, err := CostFlags{Replicas: text}.Over(defaultCost())
		if d := cmp.Diff(want, got.Replicas); err != nil || d != "" {
			t.Errorf("%s: %v\n%s", text, err, d)
		}
	}
}

func TestWrongCostFlags(t *testing.T) {
	for _, c := range []struct {
		flags CostFlags
		want  []string
	}{
		{CostFlags{Traffic: "average=-5/s"}, []string{`--traffic:1:9: expected a rate`, `found "-5/s": must not be negative`}},
		{CostFlags{Traffic: "average=0/s"}, []string{`found "0/s": must be more than zero`}},
		{CostFlags{Traffic: "average=100/s,peak=50/s"}, []string{`--traffic:1:20: the peak of 50/s is below the average of 100/s`, "1 | average=100/s,peak=50/s\n  |                    ^~~~"}},
		{CostFlags{Traffic: "average=1,5/s"}, []string{`--traffic:1:11: expected NAME=VALUE between commas, found "5/s"; a number has no comma here, only a decimal point`}},
		{CostFlags{Traffic: "average=1,500/s,peak=9"}, []string{`--traffic:1:11: `, `--traffic:1:22: expected a rate`, `did you mean "9/s"?`}},
		{CostFlags{Traffic: "avrage=1/s"}, []string{`unknown key "avrage", expected one of "average"`, `did you mean "average"?`}},
		{CostFlags{Traffic: "average=1/s,average=2/s"}, []string{`--traffic:1:13: key "average" stands twice`}},
		{CostFlags{Traffic: "average=20/s..10/s"}, []string{"the range ends below its start"}},
		{CostFlags{Traffic: "average=1e400/s"}, []string{"out of range"}},
		{CostFlags{Traffic: "average=100/s,peak=200/s,peak_hours=23"}, []string{"23 hours a day at the peak of 200/s are already 192/s"}},
		{CostFlags{Replicas: "10-2"}, []string{"--replicas:1:1: the minimum of 10 replicas is over the maximum of 2"}},
		{CostFlags{Replicas: "-3-5"}, []string{`found "-3": must not be negative`}},
		{CostFlags{Replicas: "2-"}, []string{`--replicas:1:3: expected a whole number, found ""`}},
		{CostFlags{Replicas: "2,10"}, []string{"a number has no comma here"}},
		{CostFlags{Region: "us east"}, []string{"--region:1:1: expected a region"}},
		{CostFlags{Node: "m7i.large", Arch: "sparc"}, []string{"--node:1:1: expected a node such as aws/m7i.large", "--arch:1:1: expected one of amd64, arm64"}},
	} {
		_, err := c.flags.Over(defaultCost())
		if err == nil {
			t.Errorf("%+v was accepted", c.flags)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: got\n%v\nexpected %s", c.flags, err, want)
			}
		}
		if n := strings.Count(err.Error(), "[config]"); n > 2 {
			t.Errorf("%+v: %d errors\n%v", c.flags, n, err)
		}
	}
}

func TestAbsentTrafficStaysAssumed(t *testing.T) {
	for _, text := range []string{"", "peak_hours=6", "deploys=3"} {
		if c, err := (CostFlags{Traffic: text}).Over(defaultCost()); err != nil || !c.Traffic.Assumed {
			t.Errorf("%q: %v, %+v", text, err, c.Traffic)
		}
	}
}

func TestParsePlatforms(t *testing.T) {
	if all, err := ParsePlatforms("all"); err != nil || !cmp.Equal(all, Platforms) {
		t.Errorf("all: %v, %v", all, err)
	}
	if some, err := ParsePlatforms("fargate, kubernetes,fargate"); err != nil || !cmp.Equal(some, []string{"fargate", "kubernetes"}) {
		t.Errorf("%v, %v", some, err)
	}
	for _, text := range []string{"", "farget", "fargate,", "all,fargate"} {
		if some, err := ParsePlatforms(text); err == nil || !strings.Contains(err.Error(), "expected one of kubernetes") {
			t.Errorf("%q: %v, %v", text, some, err)
		}
	}
}

func TestLoadCostReadsNothingElse(t *testing.T) {
	if _, err := LoadCost("plimsoll.yml", []byte("services: [{colour: red}]\ncost: {platform: fargate}\n")); err != nil {
		t.Error(err)
	}
	for src, want := range map[string]string{
		"cost: {platform: farget}":           `plimsoll.yml:1:18: expected one of kubernetes`,
		"cost: {traffic: {average: -1/s}}":   "must not be negative",
		"version: 2\ncost: {region: moon}":   "expected the version 1",
		"- cost":                             `expected a mapping with "cost", found a list`,
		"cost: {replicas: {min: 9, max: 2}}": "the minimum of 9 replicas is over the maximum of 2",
	} {
		if _, err := LoadCost("plimsoll.yml", []byte(src)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, expected %s", src, err, want)
		}
	}
}

func TestSettingsOfAnotherPlatform(t *testing.T) {
	c := Cost{Platform: "kubernetes", Node: "aws/m7i.large", Region: "us-east-1", View: "dedicated", Traffic: Traffic{Average: 1, NewNodes: 4}}
	if d := cmp.Diff(c, c.On("kubernetes")); d != "" {
		t.Error(d)
	}
	want := Cost{Platform: "fargate", Region: "us-east-1", Traffic: Traffic{Average: 1}}
	if d := cmp.Diff(want, c.On("fargate")); d != "" {
		t.Error(d)
	}
}
