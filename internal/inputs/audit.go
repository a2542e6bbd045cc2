package inputs

import (
	"slices"
	"strconv"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/reader"
)

// audit reads what an audit looks at. Any other command has one namespace.
func (p parser) audit(config *Config, needs Needs) {
	namespaces := reader.Items(strings.ReplaceAll(p.Text("namespace"), ",", "\n"))
	slices.Sort(namespaces)
	namespaces = slices.Compact(namespaces)
	switch {
	case needs.Namespaces:
		config.Namespaces = namespaces
	case len(namespaces) > 1:
		p.Problem("namespace: %d are given; only audit takes several", len(namespaces))
	default:
		config.Namespace = strings.Join(namespaces, "")
	}
	config.OwnImages = reader.Items(p.Text("own-images"))
	config.Prices = p.prices()
}

// prices reads ARCHITECTURE=PRICE pairs.
func (p parser) prices() map[string]float64 {
	var prices map[string]float64
	for _, item := range strings.FieldsFunc(p.Text("price"), reader.Separates) {
		architecture, text, _ := strings.Cut(item, "=")
		price, err := strconv.ParseFloat(text, 64)
		switch {
		case err != nil || !(price >= 0 && price < 1e9):
			p.Problem("price: %q is not ARCHITECTURE=PRICE, such as arm64=0.038", item)
			continue
		case !slices.Contains(reader.Architectures, architecture):
			p.Problem("price: there is no architecture %q; known are %s", architecture, strings.Join(reader.Architectures, ", "))
			continue
		}
		if prices == nil {
			prices = map[string]float64{}
		}
		prices[architecture] = price
	}
	return prices
}

// MoveTo is the architecture that an audit is about: that of the first pool that is expected, or arm64.
func (c Config) MoveTo() string {
	for _, pool := range c.ExpectedNodes {
		return pool.Architecture
	}
	return "arm64"
}

// comparable refuses prices of which none is of the architecture to move to: a move would seem to be to cores that cost
// nothing.
func (p parser) comparable(config Config) {
	to := config.MoveTo()
	if _, priced := config.Prices[to]; len(config.Prices) > 0 && to != "" && !priced {
		p.Problem("price: there is none for %s, which the audit is about; add %[1]s=PRICE", to)
	}
}
