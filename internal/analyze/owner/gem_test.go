package owner

import (
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestGemsOwnTheirDirectories(t *testing.T) {
	const home = "usr/lib/ruby/gems/3.1.0"
	mustClaim(t, archived(t, "ruby"),
		listed(record.Ruby, "csv", "3.2.5", home+"/specifications/default/csv-3.2.5.gemspec"),
		rooted(record.Ruby, "csv", "3.2.5", home+"/gems/csv-3.2.5"),

		listed(record.Ruby, "debug", "1.6.3", home+"/specifications/debug-1.6.3.gemspec"),
		rooted(record.Ruby, "debug", "1.6.3", home+"/extensions/x86_64-linux/3.1.0/debug-1.6.3"),
		rooted(record.Ruby, "debug", "1.6.3", home+"/gems/debug-1.6.3"),

		listed(record.Ruby, "rake", "13.0.6", "usr/share/rubygems-integration/all/specifications/rake-13.0.6.gemspec"),
		rooted(record.Ruby, "rake", "13.0.6", "usr/share/rubygems-integration/all/gems/rake-13.0.6"),
	)
}

func TestGemsMayBeOfOnePlatform(t *testing.T) {
	mustClaim(t, tree{
		"g/specifications/nokogiri-1.15.4-x86_64-linux.gemspec": "# stub: nokogiri 1.15.4 x86_64-linux lib\n\nGem::Specification.new do |s|\n",
	},
		listed(record.Ruby, "nokogiri", "1.15.4", "g/specifications/nokogiri-1.15.4-x86_64-linux.gemspec"),
		rooted(record.Ruby, "nokogiri", "1.15.4", "g/gems/nokogiri-1.15.4-x86_64-linux"),
	)
}

func TestSpecificationsBeforeStubs(t *testing.T) {
	for name, spec := range map[string]string{
		"double quotes": "s.name = \"a\".freeze\ns.version = \"1.2\"\n",
		"single quotes": "  s.name='a'\n  s.version = Gem::Version.new('1.2')\n",
		"percent":       "  s.name = %q{a}\n  s.version = %q{1.2}\n",
		"and metadata":  "s.metadata = { \"s.name\" => \"x\" }\ns.name = \"a\"\ns.required_rubygems_version = \"9\"\ns.version = \"1.2\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			mustClaim(t, tree{"g/specifications/a-1.2.gemspec": spec},
				listed(record.Ruby, "a", "1.2", "g/specifications/a-1.2.gemspec"),
				rooted(record.Ruby, "a", "1.2", "g/gems/a-1.2"),
			)
		})
	}
}

func TestOnlyInstalledGemsCount(t *testing.T) {
	const spec = "# stub: a 1 ruby lib\n"
	mustClaim(t, tree{
		"app/a.gemspec":                            spec,
		"g/gems/a-1/a.gemspec":                     spec,
		"g/specifications/cache/a.gemspec":         spec,
		"g/extensions/a-1/gem.build_complete":      "",
		"g/extensions/x/1/a-1/gem.make.out":        "",
		"g/extensions/x/1/none/gem.build_complete": "",
	})
}

func TestSpecificationIsRefused(t *testing.T) {
	mustRefuse(t, "g/specifications/a.gemspec", "# stub: a\ns.version = \"1\"\ns.name = name\n", "assigns no s.name")
}
