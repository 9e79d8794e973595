// Chance that a seed repeats, for properties over random worlds: the generator SplitMix64
// (Steele, Lea, Flood 2014).

package struct Dice: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: Int) { state = UInt64(seed) }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// True once in so many throws, 1 or more.
  package mutating func throwsOne(in sides: Int) -> Bool {
    Int.random(in: 0..<sides, using: &self) == 0
  }
}
