-- The one reply outside the envelope: the bare version text.

return function()
  return "@CONTRACT_VERSION@"
end
