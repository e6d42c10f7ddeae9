/// Files that numpy 2.4 and safetensors 0.8 wrote, so that what is tested is what users send.
enum Fixtures {
  /// `np.save` of `np.arange(6, dtype='<f4').reshape(2, 3) / 4`.
  static let npyFloat32 = base64(
    """
    k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAg
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAACAPgAAAD8AAEA/AACAPwAA
    oD8=
    """)

  /// `np.save` of `np.asfortranarray(np.arange(24, dtype='<f4').reshape(2, 3, 4))`.
  static let npyFortran = base64(
    """
    k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMywgNCksIH0gICAg
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAABAQQAAgEAAAIBBAAAAQQAA
    oEEAAIA/AABQQQAAoEAAAIhBAAAQQQAAqEEAAABAAABgQQAAwEAAAJBBAAAgQQAAsEEAAEBAAABwQQAA4EAAAJhBAAAwQQAAuEE=
    """)

  /// `np.save` of `np.array([1, -2, 300], dtype='>i2')`.
  static let npyBigEndian = base64(
    """
    k05VTVBZAQB2AHsnZGVzY3InOiAnPmkyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDMsKSwgfSAgICAgICAg
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAf/+ASw=
    """)

  /// `np.save` of `np.float64(2.5)`.
  static let npyScalar = base64(
    """
    k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKCksIH0gICAgICAgICAg
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAEQA==
    """)

  /// `np.save` of `np.zeros((0, 3), dtype='u1')`.
  static let npyEmpty = base64(
    """
    k05VTVBZAQB2AHsnZGVzY3InOiAnfHUxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDAsIDMpLCB9ICAgICAg
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo=
    """)

  /// Version 2.0 of `np.array([True, False])`.
  static let npyVersion2 = base64(
    """
    k05VTVBZAgB0AAAAeydkZXNjcic6ICd8YjEnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwpLCB9ICAgICAg
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoBAA==
    """)

  /// Version 3.0 of `np.array([0.5, -0.5], dtype='<f2')`.
  static let npyVersion3 = base64(
    """
    k05VTVBZAwB0AAAAeydkZXNjcic6ICc8ZjInLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwpLCB9ICAgICAg
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAOAC4
    """)

  /// `np.save` of `np.array([None])`: a pickle.
  static let npyObject = base64(
    """
    k05VTVBZAQB2AHsnZGVzY3InOiAnfE8nLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMSwpLCB9ICAgICAgICAg
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAqABJWKAAAAAAAAAIwWbnVtcHkuX2Nv
    cmUubXVsdGlhcnJheZSMDF9yZWNvbnN0cnVjdJSTlIwFbnVtcHmUjAduZGFycmF5lJOUSwCFlEMBYpSHlFKUKEsBSwGFlGgDjAVk
    dHlwZZSTlIwCTziUiYiHlFKUKEsDjAF8lE5OTkr/////Sv////9LP3SUYoldlE5hdJRiLg==
    """)

  /// `np.save` of `np.zeros(1, dtype=[('x', '<f4')])`.
  static let npyStructured = base64(
    """
    k05VTVBZAQB2AHsnZGVzY3InOiBbKCd4JywgJzxmNCcpXSwgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDEsKSwg
    fSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAA
    """)

  /// `np.savez` of a = float32 [[0, 1], [2, 3]] and b = int16, big-endian, Fortran order, [[0, 1, 2],
  /// [3, 4, 5]].
  static let npz = base64(
    """
    UEsDBC0AAAAAAAAAIQCR9Ofb//////////8FABQAYS5ucHkBABAAkAAAAAAAAACQAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzog
    JzxmNCcsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgyLCAyKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAg
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAAAAAAAAgD8AAABAAABAQFBLAwQtAAAAAAAAACEA4R76qP//////////
    BQAUAGIubnB5AQAQAIwAAAAAAAAAjAAAAAAAAACTTlVNUFkBAHYAeydkZXNjcic6ICc+aTInLCAnZm9ydHJhbl9vcmRlcic6IFRy
    dWUsICdzaGFwZSc6ICgyLCAzKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg
    ICAgICAgCgAAAAMAAQAEAAIABVBLAQItAy0AAAAAAAAAIQCR9OfbkAAAAJAAAAAFAAAAAAAAAAAAAACAAQAAAABhLm5weVBLAQIt
    Ay0AAAAAAAAAIQDhHvqojAAAAIwAAAAFAAAAAAAAAAAAAACAAccAAABiLm5weVBLBQYAAAAAAgACAGYAAACKAQAAAAA=
    """)

  /// `np.savez_compressed` of the same.
  static let npzCompressed = base64(
    """
    UEsDBC0AAAAIAAAAIQCR9Ofb//////////8FABQAYS5ucHkBABAAkAAAAAAAAABQAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6l
    oG6TZqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CkaaOgq1CmQDLgYwaLAHEg5A5AAAUEsDBC0AAAAIAAAAIQDh
    Hvqo//////////8FABQAYi5ucHkBABAAjAAAAAAAAABRAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6XaaSuo6Cell9UUpSY
    F59flJIKEg8pKk0FChdnJBakArkaRjoKxpo6CrUK5AMuBgYGZgZGBhYGJgZWAFBLAQItAy0AAAAIAAAAIQCR9OfbUAAAAJAAAAAF
    AAAAAAAAAAAAAACAAQAAAABhLm5weVBLAQItAy0AAAAIAAAAIQDhHvqoUQAAAIwAAAAFAAAAAAAAAAAAAACAAYcAAABiLm5weVBL
    BQYAAAAAAgACAGYAAAAPAQAAAAA=
    """)

  /// `np.savez_compressed` of the same to a pipe: sizes in data descriptors.
  static let npzStreamed = base64(
    """
    UEsDBC0ACAAIAAAAIQAAAAAA//////////8FABQAYS5ucHkBABAAAAAAAAAAAAAAAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6l
    oG6TZqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CkaaOgq1CmQDLgYwaLAHEg5A5AAAUEsHCJH059tQAAAAAAAA
    AJAAAAAAAAAAUEsDBC0ACAAIAAAAIQAAAAAA//////////8FABQAYi5ucHkBABAAAAAAAAAAAAAAAAAAAAAAAJvsF+obEMnIUMZQ
    rZ6SWpxcpG6loG6XaaSuo6Cell9UUpSYF59flJIKEg8pKk0FChdnJBakArkaRjoKxpo6CrUK5AMuBgYGZgZGBhYGJgZWAFBLBwjh
    HvqoUQAAAAAAAACMAAAAAAAAAFBLAQItAy0ACAAIAAAAIQCR9OfbUAAAAJAAAAAFAAAAAAAAAAAAAACAAQAAAABhLm5weVBLAQIt
    Ay0ACAAIAAAAIQDhHvqoUQAAAIwAAAAFAAAAAAAAAAAAAACAAZ8AAABiLm5weVBLBQYAAAAAAgACAGYAAAA/AQAAAAA=
    """)

  /// zipfile's archive of arr_0.npy without ZIP64 fields.
  static let npzPlain = base64(
    """
    UEsDBBQAAAAAAJW2dl2R9OfbkAAAAJAAAAAJAAAAYXJyXzAubnB5k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5f
    b3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDIpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg
    ICAgICAgICAgICAgICAgIAoAAAAAAACAPwAAAEAAAEBAUEsBAhQDFAAAAAAAlbZ2XZH059uQAAAAkAAAAAkAAAAAAAAAAAAAAIAB
    AAAAAGFycl8wLm5weVBLBQYAAAAAAQABADcAAAC3AAAAAAA=
    """)

  /// `np.savez` of nothing.
  static let npzEmpty = base64(
    """
    UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==
    """)

  /// safetensors' `save` of w = float32 [[1, 2], [3, 4]], h = float16 [0.5], s = int64 -7 of rank 0, e =
  /// uint8 of shape [0, 2], with the metadata made: numpy.
  static let safetensors = base64(
    """
    AAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJtYWRlIjoibnVtcHkifSwicyI6eyJkdHlwZSI6Ikk2NCIsInNoYXBlIjpbXSwiZGF0
    YV9vZmZzZXRzIjpbMCw4XX0sInciOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzIsMl0sImRhdGFfb2Zmc2V0cyI6WzgsMjRdfSwi
    aCI6eyJkdHlwZSI6IkYxNiIsInNoYXBlIjpbMV0sImRhdGFfb2Zmc2V0cyI6WzI0LDI2XX0sImUiOnsiZHR5cGUiOiJVOCIsInNo
    YXBlIjpbMCwyXSwiZGF0YV9vZmZzZXRzIjpbMjYsMjZdfX0gICAg+f////////8AAIA/AAAAQAAAQEAAAIBAADg=
    """)
}
