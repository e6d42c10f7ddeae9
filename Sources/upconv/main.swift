print("upconv")
